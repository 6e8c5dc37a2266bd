"""Where rows come from, as messages say it: their part, their numbers in the source, the array."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import numpy as np

from nnspec.backends.contract import Indices
from nnspec.errors import visible

Side = Literal["inputs", "targets"]
PART_NAMES = {"train": "training", "validation": "validation", "test": "test"}  # in messages
_NO_NAMES: Mapping[str, str] = MappingProxyType({})


class TableFile(NamedTuple):
    """The file of a table, and the numbers of its rows as editors and spreadsheets count lines."""

    name: str
    first: int = 1  # the number of the first row: 2 below a line of names
    lines: Indices | None = None  # of each row; None: they follow each other

    def line(self, number: int) -> int:
        """The number of a row in the file."""
        return self.first + number if self.lines is None else int(self.lines[number])

    def row(self, number: int) -> str:
        """`houses.csv:9`: a row."""
        return f"{visible(self.name)}:{self.line(number)}"

    def place(self, number: int, column: str) -> str:
        """`houses.csv:9:age`: a cell."""
        return f"{self.row(number)}:{visible(column)}"


class RowOrigin(NamedTuple):
    """The part that rows belong to, and their numbers in the source's training or test rows."""

    part: str = ""  # `training`, `validation` or `test`; empty for rows that a user gives
    numbers: Indices | None = None  # of each row; None: all of them, in their order
    arrays: Mapping[str, str] = _NO_NAMES  # what an array is called in the source, by its name
    table: TableFile | None = None  # the file that the rows are lines of

    def take(self, selection: Any, rows: int) -> RowOrigin:
        """The origin of some of the rows, of which there are `rows`."""
        if self.numbers is not None:
            return self._replace(numbers=self.numbers[selection])
        if isinstance(selection, slice):
            return self._replace(numbers=np.arange(*selection.indices(rows)))
        chosen = np.asarray(selection)  # of many rows a few are taken at a time
        if chosen.dtype == bool:
            chosen = np.flatnonzero(chosen)
        return self._replace(numbers=chosen.astype(np.int64, copy=False))

    def row(self, array: str, index: int) -> str:
        """`training row 7 of x_train`, `houses.csv:9:age`: a row of an array in the source."""
        if self.table:
            return self.table.place(self.number(index), self.arrays.get(array, array))
        return f"{self.part} row {self.number(index):,} of {self.array(array)}".lstrip()

    def number(self, index: int) -> int:
        """The number of a row in the source."""
        return index if self.numbers is None else int(self.numbers[index])

    def cell(self, array: str, index: Sequence[int]) -> str:
        """`training row 7 of x_train, column 2`: a number of an array, by its index."""
        row, *inner = map(int, index)
        if not inner:
            return self.row(array, row)
        place = f"column {inner[0]}" if len(inner) == 1 else f"at {inner}"
        return f"{self.row(array, row)}, {place}"

    def array(self, array: str) -> str:
        """What the source calls an array."""
        return visible(self.arrays.get(array, array))


GIVEN = RowOrigin()  # of rows that a user gives


def more_rows(count: int) -> str:
    """` (and 3 more rows)`, besides the one that a message names; empty where there are none."""
    return f" (and {count:,} more row{'s' * (count > 1)})" if count else ""
