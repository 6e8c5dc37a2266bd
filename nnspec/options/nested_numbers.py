"""Nested lists of numbers: their common shape, checked in a single pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Any, NamedTuple

from nnspec.errors import quoted
from nnspec.options.messages import LocatedError
from nnspec.options.types import MAX_AXES, Shape

_MAX_WHOLE = 1 << 53  # up to here every whole number is a float64 too


class Column(NamedTuple):
    """What a list of rows holds: the shape of a row, and whether all numbers are whole."""

    shape: Shape
    whole: bool


def read_column(name: str, rows: Sequence[Any]) -> Column:
    """Check the rows of `name`: their shape, and whether all numbers are whole.

    Raises LocatedError, with the path to the odd one, where there is no row, where a number is not
    finite, or where a row has another shape than the first.
    """
    if not rows:
        raise LocatedError(f"{name} has no rows", name)
    shape = shape_of(rows[0])
    whole = True
    for index, row in enumerate(rows):
        for path, number in _numbers(row, shape, (name, index)):
            _check_number(number, path)
            whole = whole and isinstance(number, int)
    return Column(shape, whole)


def shape_of(row: Any) -> Shape:
    """The shape that the first items of nested lists suggest."""
    shape: list[int] = []
    while isinstance(row, list | tuple) and row and len(shape) < MAX_AXES:
        shape.append(len(row))
        row = row[0]
    return tuple(shape)


def _numbers(
    item: Any, shape: Shape, path: tuple[Any, ...]
) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Each number of an item that must have `shape`, with the path to it."""
    if not shape:
        yield path, item
        return
    if not isinstance(item, list | tuple) or len(item) != shape[0]:
        raise LocatedError(
            f"{_named(path)} has another shape than row 0, whose items hold {shape[0]}", *path
        )
    for index, inner in enumerate(item):
        yield from _numbers(inner, shape[1:], (*path, index))


def _check_number(value: Any, path: tuple[Any, ...]) -> None:
    if isinstance(value, list | tuple):
        what = "is a list within a number's place" if value else "is an empty list"
        raise LocatedError(f"{_named(path)} {what}", *path)
    if isinstance(value, bool) or not isinstance(value, int | float):
        from nnspec.language.operations import describe  # only a mistake pays for it

        raise LocatedError(f"{_named(path)} must hold numbers, not {describe(value)}", *path)
    if not isfinite(value) or (isinstance(value, int) and abs(value) > _MAX_WHOLE):
        raise LocatedError(
            f"{_named(path)} must hold finite numbers below 2**53, not {quoted(value)}", *path
        )


def _named(path: tuple[Any, ...]) -> str:
    name, row, *_ = path
    return f"row {row} of {name}"
