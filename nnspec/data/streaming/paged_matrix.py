"""A matrix in a file: a few of its rows, or one of its columns, are read in few places."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.data.streaming.column_files import NumberFile, read_parts
from nnspec.data.streaming.stored_array import StoredArray

_PAGE = 1 << 21  # bytes
_WRITTEN = 16  # pages at a time


class PagedMatrix(NumberFile):
    """A matrix (rows, columns) in pages of some rows, in which a column's numbers stand together.

    The last page may have fewer rows.
    """

    def __init__(self, path: Path, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
        super().__init__(path, dtype, shape)
        self.page = max(1, _PAGE // max(1, self.row_bytes))  # rows

    @property
    def gap(self) -> int:
        """The rows of a page, which is read as a whole."""
        return self.page

    def read(self, start: int, stop: int) -> Array:
        """Read rows of all columns."""
        return self.read_columns(slice(0, self.shape[1]), start, stop)

    def read_columns(self, columns: slice, start: int, stop: int) -> Array:
        """Read rows of some columns that stand together, (rows, columns)."""
        count, size = columns.stop - columns.start, self.dtype.itemsize
        pages = list(self._pages(start, stop))
        places = [
            (size * (page.start * self.shape[1] + columns.start * len(page)), count * len(page))
            for page in pages
        ]
        found = [np.empty((0, count), self.dtype)]
        for page, numbers in zip(pages, read_parts(self.path, places, self.dtype), strict=True):
            rows = slice(max(0, start - page.start), stop - page.start)
            found.append(numbers.reshape(count, len(page))[:, rows].T)
        return np.concatenate(found)

    def write(self, matrix: StoredArray) -> None:
        """Write the file."""
        size = _WRITTEN * self.page
        with self.path.open("wb") as file:
            for start in range(0, len(self), size):
                rows = np.asarray(matrix[start : start + size])
                for first in range(0, len(rows), self.page):
                    file.write(rows[first : first + self.page].tobytes("F"))

    def _pages(self, start: int, stop: int) -> list[range]:
        """The rows of each page that has some of the given ones."""
        starts = range(start - start % self.page, stop, self.page) if start < stop else ()
        return [range(first, min(first + self.page, len(self))) for first in starts]
