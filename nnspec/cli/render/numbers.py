"""Numbers as people read them on a line of a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from nnspec.backends.contract import Array
from nnspec.cli.render.tables import aligned
from nnspec.options.shapes import format_shape

WIDTH = 80  # of a terminal
INDENT = 14  # of what stands right of a symbol
ROOM = WIDTH - INDENT
_MOST = 10  # numbers of a list, and rows and columns of a table


def number(value: float) -> str:
    """Four digits, and all of a whole number below ten million: `0.5498`, `499,996`."""
    value = float(value) + 0.0  # no -0
    if abs(value) < 1e7 and (abs(value) >= 1000 or value == round(value)):
        return f"{value:,.0f}"
    return f"{value:.4g}"


def factor(value: float) -> str:
    """A number after an operator: one below 0 stands in brackets."""
    text = number(value)
    return f"({text})" if text.startswith("-") else text


def total(terms: Iterable[tuple[float, str]]) -> str:
    """A sum of numbers, each with what it is multiplied by: `0.1 + 0.5*1 - 0.2*2`."""
    text = " ".join(f"{'-' if value < 0 else '+'} {number(abs(value))}{by}" for value, by in terms)
    return text.removeprefix("+ ").replace("- ", "-", 1 if text.startswith("-") else 0)


def numbers(values: Array, width: int = ROOM) -> str:
    """A list of numbers, as many as fit; of an array with more axes a description."""
    if values.ndim > 1:
        return described(values)
    flat = [number(value) for value in values.ravel()[:width]]
    line = "  ".join(flat)
    if len(flat) == values.size <= _MOST and len(line) <= width:
        return line
    more = f"...  ({values.size:,} numbers)"
    while len("  ".join([*flat, more])) > width:
        flat.pop()
    return "  ".join([*flat[:_MOST], more])


def described(values: Array) -> str:
    """An array in a line: its shape, its smallest and largest number, and its norm."""
    low, high = number(values.min()), number(values.max())
    norm = number(float(np.linalg.norm(values)))
    return f"{format_shape(values.shape)}  {low} to {high}, norm {norm}"


def table(values: Array, rows: Sequence[str], columns: Sequence[str]) -> list[str]:
    """A matrix with its rows and columns named, or a description where it is large."""
    cells = [[number(value) for value in row] for row in values]
    lines = aligned([["", *columns], *map(lambda n, c: [n, *c], rows, cells)]).splitlines()
    fits = max(values.shape) <= _MOST and max(map(len, lines)) <= ROOM
    return lines if fits else [described(values)]
