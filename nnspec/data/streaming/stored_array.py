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

    @property
    def nbytes(self) -> int:
        """The bytes of all rows, of texts those that point to them."""
        return len(self) * self.row_bytes

    @property
    def gap(self) -> int:
        """So many rows that are not selected are read along with those around them."""
        return _GAP // max(1, self.row_bytes)

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
        return SelectedRows(self, numbers)  # columns share numbers: none has its own of many rows

    @property
    def gap(self) -> int:
        """That of the array."""
        return self.base.gap

    def has_rows_of(self, other: StoredArray) -> bool:
        """Whether another array is a selection of the same rows, as columns of a table are."""
        if not isinstance(other, SelectedRows):
            return False
        one, numbers = self.numbers, other.numbers
        return one is numbers or (isinstance(one, range) and one == numbers)

    def read(self, start: int, stop: int) -> Array:
        """Read some of the selected rows, close ones of the base together."""
        numbers = self.numbers[start:stop]
        if isinstance(numbers, range):
            return self.base.read(numbers.start, numbers.stop)
        return read_rows(self.base, numbers)


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
    for part in _runs(ascending, base.gap):
        first, last = int(ascending[part.start]), int(ascending[part.stop - 1])
        result[order[part]] = base.read(first, last + 1)[ascending[part] - first]
    return result


def _runs(ascending: Indices, gap: int) -> list[slice]:
    """Parts of ascending numbers between which more than `gap` numbers lack."""
    if not len(ascending):
        return []
    ends = np.flatnonzero(np.diff(ascending) - 1 > gap) + 1
    return [slice(a, b) for a, b in zip([0, *ends], [*ends, len(ascending)], strict=True)]
