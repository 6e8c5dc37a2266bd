"""Errors of numbers that a preparation cannot take, each with the number's place in its array."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.data.row_origin import GIVEN, RowOrigin
from nnspec.errors import DataError, Problem, SourceSpan

NOT_FINITE = "take the row out, or put a number in its place"
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
        remedy = hint if np.isfinite(x[index]) else NOT_FINITE
        raise InvalidValueError(f"{step} gets {shown(x[index])}, {what}", index, remedy)


def shown(number: Any) -> str:
    """A number as messages show it."""
    return str(np.asarray(number).item())
