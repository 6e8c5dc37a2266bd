"""Cells and rows that a table must not have: as errors, or as rows that are left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.contract import Indices
from nnspec.data.row_origin import TableFile, more_rows
from nnspec.data.rows import Refusal
from nnspec.errors import DataError, Problem, SourceSpan

Places = Callable[[str], SourceSpan | None]  # where the spec says what a column must hold
SKIP_HINT = "on_error: skip in the source leaves such rows out"


class Violation(NamedTuple):
    """The cells of a column that break one rule."""

    column: str
    rows: Indices  # their numbers, from 0
    reason: Callable[[int], str]  # why a row breaks it: `130 is more than the maximum, 120`

    def problem(self, file: TableFile, places: Places) -> Problem:
        """The problem of the first cell, and how many more there are."""
        first, more = int(self.rows[0]), more_rows(len(self.rows) - 1)
        message = f"{file.place(first, self.column)}: {self.reason(first)}{more}"
        return Problem(message, places(self.column), SKIP_HINT)


def require_none(violations: Sequence[Violation], file: TableFile, places: Places) -> None:
    """Raise DataError, a problem for each rule that is broken."""
    if violations:
        raise DataError([one.problem(file, places) for one in violations])


def refusals(violations: Sequence[Violation], file: TableFile) -> dict[int, Refusal]:
    """Why each row that breaks a rule is left out: the first reason of several."""
    found = dict[int, Refusal]()
    for one in violations:
        for row in map(int, one.rows):
            if row not in found:
                found[row] = Refusal(file.place(row, one.column), one.reason(row))
    return dict(sorted(found.items()))


def kept_rows(rows: int, refused: Sequence[int]) -> Array:
    """Whether each row stays."""
    keep = np.ones(rows, bool)
    keep[list(refused)] = False
    return keep
