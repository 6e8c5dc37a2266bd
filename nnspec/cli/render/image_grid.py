"""Text of images side by side: small ones as numbers, larger ones as braille dots."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from math import floor, log10

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.cli.render.numbers import WIDTH
from nnspec.plotting import thumbnails
from nnspec.plotting.image_grid import Band, Panel

_MAX_NUMBERS = 8  # rows and columns of an image shown as numbers
_MAX_DOTS = 150  # rows and columns of an image shown as dots
_GAP = "   "
_INDENT = "  "


def lines(band: Band) -> Iterator[str]:
    """Lines of a band's labelled images, as many side by side as fit the terminal width."""
    decimals = _decimals(band)
    row: list[list[str]] = []
    for panel in band.panels:
        block = _block(panel, decimals)
        if row and _width([*row, block]) > WIDTH:
            yield from (*_side_by_side(row), "")
            row = []
        row.append(block)
    yield from _side_by_side(row)
    if band.total > len(band.panels):
        yield f"{_INDENT}... and {band.total - len(band.panels):,} more"


def _block(panel: Panel, decimals: int) -> list[str]:
    """Lines of an image below its label."""
    return [*([panel.label] if panel.label else []), *_image(panel.values, decimals)]


def _image(values: Array, decimals: int) -> list[str]:
    height, width = values.shape
    if max(height, width) <= _MAX_NUMBERS:
        cells = [[_cell(value, decimals) for value in row] for row in values]
        widest = max(len(cell) for row in cells for cell in row)
        return [" ".join(cell.rjust(widest) for cell in row) for row in cells]
    if max(height, width) <= _MAX_DOTS and np.isfinite(values).all():
        return thumbnails.dots(values)
    return [f"{height} x {width}, {_cell(values.min(), 4)} to {_cell(values.max(), 4)}"]


def _cell(value: float, decimals: int) -> str:
    return f"{float(value) + 0.0:.{decimals}f}" if abs(value) < 1e6 else f"{value:.2e}"


def _decimals(band: Band) -> int:
    """Decimals of a band's numbers: 0 for integers, else three digits of the largest."""
    numbers = np.concatenate([panel.values.ravel() for panel in band.panels])
    if (numbers == np.round(numbers)).all():
        return 0
    largest = float(np.abs(numbers).max())
    return max(0, 2 - floor(log10(largest))) if 1e-6 < largest < 1e6 else 2


def _width(blocks: Sequence[Sequence[str]]) -> int:
    return (
        len(_INDENT) + sum(max(map(len, block)) for block in blocks) + len(_GAP) * len(blocks[1:])
    )


def _side_by_side(blocks: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, block)) for block in blocks]
    for parts in zip_longest(*blocks, fillvalue=""):
        padded = (part.ljust(width) for part, width in zip(parts, widths, strict=True))
        yield f"{_INDENT}{_GAP.join(padded)}".rstrip()
