"""A column that is read in parts, each written to a file at once: no more than one is in memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.data.streaming.column_files import ColumnWriter, open_column, open_writer
from nnspec.data.streaming.stored_array import StoredArray
from nnspec.data.tables.columns import to_array
from nnspec.data.tables.raw_table import Convert, RawColumn

if TYPE_CHECKING:
    import polars as pl

_FLOAT: np.dtype[Any] = np.dtype(np.float64)
_BLOCK = 1 << 16  # rows that are converted to a wider type at a time


class StoredParts:
    """Parts of a column in a file, in the type of the first one that holds any value.

    A fraction or a missing value among whole numbers makes all of them float64; what no type but
    text holds is `is_mixed`, and then the file is of no use.
    """

    def __init__(self, path: Path, convert: Convert, name: str) -> None:
        self.path, self.convert, self.name = path, convert, name
        self.dtype: np.dtype[Any] | None = None  # None: no value so far
        self.rows, self.is_mixed = 0, False
        self._invalid = list[tuple[int, str]]()
        self._writer: ColumnWriter | None = None

    def add(self, cells: pl.Series) -> None:
        """Convert another part and append it to the file."""
        values, invalid = self.convert(cells)
        self._invalid += [(row + self.rows, text) for row, text in invalid]
        if values.null_count() < len(values):
            self._append(to_array(values.alias(self.name)))
        elif self.dtype is None:
            self.rows += len(values)  # written when the type is known
        else:
            self._append(_missing(len(values), self.dtype))

    def _append(self, array: Array) -> None:
        if self.is_mixed:
            return
        if self.dtype is None:
            self._begin(array.dtype)
        dtype = _common(self.dtype, array.dtype)
        if dtype is None:
            self.is_mixed = True
            return
        if dtype != self.dtype:
            self._widen(dtype)
        assert self._writer is not None  # noqa: S101
        self._writer.write(array)
        self.rows += len(array)

    def _begin(self, dtype: np.dtype[Any]) -> None:
        """Open the file; the rows so far have no value."""
        missing = self.rows > 0
        self.dtype = _FLOAT if missing and dtype.kind in "iub" else dtype
        self._writer = open_writer(self.path, self.dtype)
        for start in range(0, self.rows, _BLOCK):
            self._writer.write(_missing(min(_BLOCK, self.rows - start), self.dtype))

    def _widen(self, dtype: np.dtype[Any]) -> None:
        """Write the numbers so far in another type."""
        before, narrow = self._closed(), self.path
        self.path, self.dtype = self.path.with_suffix(".wide"), dtype
        self._writer = open_writer(self.path, dtype)
        for start in range(0, self.rows, _BLOCK):
            self._writer.write(np.asarray(before[start : start + _BLOCK]))
        narrow.unlink()

    def _closed(self) -> StoredArray:
        """The column so far; its file is complete."""
        if self.dtype is None:
            self._begin(_FLOAT)
        assert self._writer is not None  # noqa: S101
        assert self.dtype is not None  # noqa: S101
        self._writer.close()
        return open_column(self.path, self.dtype, self.rows)

    def column(self, name: str) -> RawColumn:
        """All parts together, which are read on demand."""
        stored: Any = self._closed()
        return RawColumn(stored, self._invalid)


def _missing(rows: int, dtype: np.dtype[Any]) -> Array:
    """Missing values as a column of a type has them; NaN where it has none."""
    if dtype.kind == "T":
        return np.full(rows, "", dtype)
    return (
        np.full(rows, np.datetime64("NaT"), dtype) if dtype.kind == "M" else np.full(rows, np.nan)
    )


def _common(one: np.dtype[Any] | None, other: np.dtype[Any]) -> np.dtype[Any] | None:
    """The type that holds the values of two parts; None where only text does."""
    if one is None or one == other:
        return other
    kinds = {one.kind, other.kind}
    if kinds <= set("iuf") or kinds == set("bf"):  # floats beside booleans: some are missing
        return np.result_type(one, other) if "b" not in kinds else _FLOAT
    return None
