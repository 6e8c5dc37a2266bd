"""Formatting of numbers and arrays for a line of a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.cli.render.tables import aligned
from nnspec.options.shapes import format_shape

WIDTH = 80  # of a terminal
INDENT = 14  # width of the symbols' column
ROOM = WIDTH - INDENT
_MAX_SHOWN = 10  # numbers of a list, and rows and columns of a table


def number(value: float) -> str:
    """Four significant digits, or all digits of an integer below 10^7: `0.5498`, `499,996`."""
    value = float(value) + 0.0  # no -0
    if abs(value) < 1e7 and (abs(value) >= 1000 or value == round(value)):
        return f"{value:,.0f}"
    return f"{value:.4g}"


def factor(value: float) -> str:
    """A number after an operator: negative ones in brackets."""
    text = number(value)
    return f"({text})" if text.startswith("-") else text


def weighted_sum(terms: Iterable[tuple[float, str]]) -> str:
    """A sum of (number, factor text) terms: `0.1 + 0.5*1 - 0.2*2`."""
    text = " ".join(
        f"{'-' if value < 0 else '+'} {number(abs(value))}{times}" for value, times in terms
    )
    return text.removeprefix("+ ").replace("- ", "-", 1 if text.startswith("-") else 0)


def numbers(values: Array, width: int = ROOM) -> str:
    """A vector's numbers, as many as fit into `width`; other arrays are described."""
    if values.ndim > 1:
        return describe(values)
    flat = [number(value) for value in values.ravel()[:width]]
    line = "  ".join(flat)
    if len(flat) == values.size <= _MAX_SHOWN and len(line) <= width:
        return line
    more = f"...  ({values.size:,} numbers)"
    while len("  ".join([*flat, more])) > width:
        flat.pop()
    return "  ".join([*flat[:_MAX_SHOWN], more])


def describe(values: Array) -> str:
    """Shape, minimum, maximum and norm of an array."""
    low, high = number(values.min()), number(values.max())
    norm = number(float(np.linalg.norm(values)))
    return f"{format_shape(values.shape)}  {low} to {high}, norm {norm}"


def table(values: Array, rows: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Lines of a matrix with row and column names, or a description if it is large."""
    cells = [[number(value) for value in row] for row in values]
    lines = aligned([["", *columns], *map(lambda n, c: [n, *c], rows, cells)]).splitlines()
    fits = max(values.shape) <= _MAX_SHOWN and max(map(len, lines)) <= ROOM
    return lines if fits else [describe(values)]
