"""Stored columns side by side, of which some are in one file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.data.streaming.paged_matrix import PagedMatrix
from nnspec.data.streaming.stored_array import SelectedRows, StoredArray


class MatrixColumn(StoredArray):
    """A column of a matrix in a file."""

    def __init__(self, matrix: PagedMatrix, number: int) -> None:
        self.matrix, self.number = matrix, number
        self.dtype, self.shape = matrix.dtype, matrix.shape[:1]

    def read(self, start: int, stop: int) -> Array:
        """Read rows of this column alone."""
        return self.matrix.read_columns(slice(self.number, self.number + 1), start, stop)[:, 0]


class StackedColumns(StoredArray):
    """Stored columns of equal length side by side: (rows, columns)."""

    def __init__(self, columns: Sequence[StoredArray]) -> None:
        self.dtype = np.result_type(*(column.dtype for column in columns))
        self.shape = (len(columns[0]), len(columns))
        self._sources = dict[StoredArray, list[tuple[int, int]]]()  # places and columns in each
        for place, column in enumerate(columns):
            source, number = _source(column)
            self._sources.setdefault(source, []).append((place, number))

    @property
    def gap(self) -> int:
        """The largest of all columns."""
        return max(source.gap for source in self._sources)

    def read(self, start: int, stop: int) -> Array:
        """Read rows of each column, of those of one matrix at once."""
        result = np.empty((stop - start, self.shape[1]), self.dtype)
        for source, columns in self._sources.items():
            places, numbers = map(list, zip(*columns, strict=True))
            rows = source.read(start, stop)
            result[:, places] = rows[:, numbers] if rows.ndim > 1 else rows[:, None]
        return result


def stack_columns(columns: Sequence[Array]) -> Array:
    """Columns side by side, (rows, columns); of stored ones nothing is read."""
    stored: Any = columns
    if isinstance(columns[0], StoredArray):
        stacked: Any = _stacked(stored)
        return stacked
    return np.stack(columns, axis=1)


def _stacked(columns: Sequence[StoredArray]) -> StoredArray:
    """Stored columns side by side: rows that are selected of all are selected once."""
    first = columns[0]
    if isinstance(first, SelectedRows) and all(map(first.has_rows_of, columns)):
        selected: Any = columns
        return SelectedRows(_stacked([column.base for column in selected]), first.numbers)
    return StackedColumns(columns)


def _source(column: StoredArray) -> tuple[StoredArray, int]:
    """What a column is read from, and its number there."""
    return (column.matrix, column.number) if isinstance(column, MatrixColumn) else (column, 0)
