"""Small images as grids of numbers side by side, larger ones as dots."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from math import floor, log10

import numpy as np

from nnspec.backends.contract import Array
from nnspec.cli.render.numbers import WIDTH
from nnspec.plotting import thumbnails
from nnspec.plotting.image_grid import Band, Panel

_NUMBERS = 8  # rows and columns of a grid of numbers
_DOTS = 150  # rows and columns of an image of dots
_GAP = "   "
_INDENT = "  "


def lines(band: Band) -> Iterator[str]:
    """The band's images with their labels, as many beside each other as a terminal is wide."""
    decimals = _decimals(band)
    row: list[list[str]] = []
    for panel in band.panels:
        block = _block(panel, decimals)
        if row and _width([*row, block]) > WIDTH:
            yield from (*_beside(row), "")
            row = []
        row.append(block)
    yield from _beside(row)
    if band.of > len(band.panels):
        yield f"{_INDENT}... and {band.of - len(band.panels):,} more"


def _block(panel: Panel, decimals: int) -> list[str]:
    """A label above an image."""
    return [*([panel.label] if panel.label else []), *_image(panel.values, decimals)]


def _image(values: Array, decimals: int) -> list[str]:
    height, width = values.shape
    if max(height, width) <= _NUMBERS:
        cells = [[_cell(value, decimals) for value in row] for row in values]
        widest = max(len(cell) for row in cells for cell in row)
        return [" ".join(cell.rjust(widest) for cell in row) for row in cells]
    if max(height, width) <= _DOTS and np.isfinite(values).all():
        return thumbnails.dots(values)
    return [f"{height} x {width}, {_cell(values.min(), 4)} to {_cell(values.max(), 4)}"]


def _cell(value: float, decimals: int) -> str:
    return f"{float(value) + 0.0:.{decimals}f}" if abs(value) < 1e6 else f"{value:.2e}"


def _decimals(band: Band) -> int:
    """Of all numbers: none where they are whole; else what gives the largest three digits."""
    numbers = np.concatenate([panel.values.ravel() for panel in band.panels])
    if (numbers == np.round(numbers)).all():
        return 0
    largest = float(np.abs(numbers).max())
    return max(0, 2 - floor(log10(largest))) if 1e-6 < largest < 1e6 else 2


def _width(blocks: Sequence[Sequence[str]]) -> int:
    return (
        len(_INDENT) + sum(max(map(len, block)) for block in blocks) + len(_GAP) * len(blocks[1:])
    )


def _beside(blocks: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, block)) for block in blocks]
    for parts in zip_longest(*blocks, fillvalue=""):
        padded = (part.ljust(width) for part, width in zip(parts, widths, strict=True))
        yield f"{_INDENT}{_GAP.join(padded)}".rstrip()
