"""Arrays that are not in memory: selections of rows are read when they are converted to arrays."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.contract import Indices

_GAP = 4096  # so many bytes of rows that are not selected are read along


class StoredArray(ABC):
    """An array (rows, ...) of which rows are read on demand: `np.asarray(stored[10:20])`.

    Selecting rows, by a slice or by their numbers, reads nothing; `stored[3]` reads a row.
    """

    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def row_bytes(self) -> int:
        """The bytes of a row; of texts, those that point to them."""
        return prod(self.shape[1:]) * self.dtype.itemsize

    def __getitem__(self, selection: int | slice | Indices | Sequence[int]) -> Any:
        if isinstance(selection, int | np.integer):
            row = range(len(self))[selection]
            return self.read(row, row + 1)[0]
        return self.select(row_numbers(selection, len(self)))

    def select(self, numbers: range | Indices) -> StoredArray:
        """The rows of some numbers, which are not read."""
        return SelectedRows(self, numbers)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        """All rows, read."""
        rows = self.read(0, len(self))
        return rows if dtype is None else rows.astype(dtype, copy=False)

    @abstractmethod
    def read(self, start: int, stop: int) -> Array:
        """Read the rows from `start` to `stop`, which is not among them."""


class SelectedRows(StoredArray):
    """Rows of a stored array by their numbers: a range, or any numbers."""

    def __init__(self, base: StoredArray, numbers: range | Indices) -> None:
        self.base, self.numbers = base, numbers
        self.dtype, self.shape = base.dtype, (len(numbers), *base.shape[1:])

    def select(self, numbers: range | Indices) -> StoredArray:
        """The rows of some numbers among these."""
        if isinstance(self.numbers, range) and isinstance(numbers, range):
            return SelectedRows(self.base, self.numbers[numbers.start : numbers.stop])
        own = np.asarray(self.numbers, np.int64)
        return SelectedRows(self.base, own[np.asarray(numbers, np.int64)])

    def read(self, start: int, stop: int) -> Array:
        """Read some of the selected rows, close ones of the base together."""
        numbers = self.numbers[start:stop]
        if isinstance(numbers, range):
            return self.base.read(numbers.start, numbers.stop)
        return read_rows(self.base, numbers)


class StackedColumns(StoredArray):
    """Stored columns of equal length side by side: (rows, columns)."""

    def __init__(self, columns: Sequence[StoredArray]) -> None:
        self.columns = columns
        self.dtype = np.result_type(*(column.dtype for column in columns))
        self.shape = (len(columns[0]), len(columns))

    def read(self, start: int, stop: int) -> Array:
        """Read rows of each column."""
        return np.stack([column.read(start, stop) for column in self.columns], axis=1)


def stack_columns(columns: Sequence[Array]) -> Array:
    """Columns side by side, (rows, columns); of stored ones nothing is read."""
    stored: Any = columns
    if isinstance(columns[0], StoredArray):
        stacked: Any = StackedColumns(stored)
        return stacked
    return np.stack(columns, axis=1)


def row_numbers(selection: slice | Indices | Sequence[int], rows: int) -> range | Indices:
    """The numbers of the rows of a slice without a step, of marks, or the numbers themselves."""
    if isinstance(selection, slice):
        start, stop, _ = selection.indices(rows)
        return range(start, max(start, stop))
    chosen = np.asarray(selection)
    return np.flatnonzero(chosen) if chosen.dtype == bool else chosen.astype(np.int64, copy=False)


def read_rows(base: StoredArray, numbers: Indices) -> Array:
    """Read the rows of some numbers, in their order: each run of close numbers at once."""
    order = np.argsort(numbers, kind="stable")
    ascending = numbers[order]
    result = np.empty((len(numbers), *base.shape[1:]), base.dtype)
    for part in _runs(ascending, _GAP // max(1, base.row_bytes)):
        first, last = int(ascending[part.start]), int(ascending[part.stop - 1])
        result[order[part]] = base.read(first, last + 1)[ascending[part] - first]
    return result


def _runs(ascending: Indices, gap: int) -> list[slice]:
    """Parts of ascending numbers between which more than `gap` numbers lack."""
    if not len(ascending):
        return []
    ends = np.flatnonzero(np.diff(ascending) - 1 > gap) + 1
    return [slice(a, b) for a, b in zip([0, *ends], [*ends, len(ascending)], strict=True)]
