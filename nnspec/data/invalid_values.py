"""Errors of numbers that a preparation cannot take, each with the number's place in its array."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.data.column_types import is_finite, is_missing, is_value
from nnspec.data.row_origin import GIVEN, RowOrigin
from nnspec.errors import DataError, Problem, SourceSpan

NOT_FINITE = "take the row out, or put a number in its place"
MISSING = "take the row out, or let impute put a value in its place"
Index = tuple[int, ...]  # of a number: its row, then its place in the row; of a row alone: (row,)


class InvalidValueError(DataError):
    """A number that a step cannot take: raised by its rule, with the index in what it gets."""

    def __init__(self, message: str, index: Index, hint: str = "") -> None:
        super().__init__(f"{GIVEN.cell('the array', index)}: {message}", hint)
        self.message, self.index, self.hint = message, index, hint


class InvalidSourceValueError(InvalidValueError):
    """A number that a preparation cannot take, with the index in the source's array.

    Its place is that of the step to blame; None where the number itself is.
    """

    def __init__(
        self, message: str, index: Index, hint: str = "", place: SourceSpan | None = None
    ) -> None:
        super().__init__(message, index, hint)
        self.place = place
        self.problems = tuple(problem.at(place) for problem in self.problems)

    def with_index(self, index: Index) -> InvalidSourceValueError:
        """The same error at another index."""
        return InvalidSourceValueError(self.message, index, self.hint, self.place)

    def of(self, origin: RowOrigin, array: str) -> DataError:
        """The error of a user's row: its part, its number in the source, the array's name."""
        message = f"{origin.cell(array, self.index)}: {self.message}"
        return RowValueError(Problem(message, self.place, self.hint), array, self.index)


class RowValueError(DataError):
    """A number of an array of the source that cannot be prepared, with its index."""

    def __init__(
        self, problems: Problem | Iterable[Problem], array: str = "", index: Index = ()
    ) -> None:
        super().__init__(problems)
        self.array, self.index = array, index


def first_index(mask: Array) -> Index:
    """The index of the first number that is marked."""
    found = np.unravel_index(int(np.argmax(mask)), mask.shape)
    return tuple(map(int, found))


def require(valid: Array, x: Array, step: str, what: str, hint: str) -> None:
    """Raise InvalidValueError at the first number of x that is not valid."""
    if not valid.all():
        index = first_index(~valid)
        remedy = hint if is_finite(x[index]) else not_finite_hint(x[index])
        raise InvalidValueError(f"{step} gets {shown(x[index])}, {what}", index, remedy)


def require_values(step: str, x: Array, start: int = 0) -> None:
    """Raise InvalidValueError at the first value of x that is missing, or infinite.

    `start` is the number of rows before x.
    """
    valid = is_value(x)
    if not valid.all():
        row, *inner = first_index(~valid)
        value = x[row, *inner]
        message = f"{step} gets {shown(value)}"
        raise InvalidValueError(message, (start + row, *inner), not_finite_hint(value))


def not_finite_hint(value: Any) -> str:
    """What to do about a value that is not finite: NaN stands for one that is missing."""
    return MISSING if _is_missing(value) else NOT_FINITE


def shown(value: Any) -> str:
    """A value as messages show it."""
    if _is_missing(value):
        kind = np.asarray(value).dtype.kind
        return {"f": "nan", "M": "no date"}.get(kind, "an empty text")
    return str(np.asarray(value).item())


def _is_missing(value: Any) -> bool:
    return value == "" if isinstance(value, str) else bool(is_missing(np.asarray(value)))
