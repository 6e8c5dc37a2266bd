"""An array in a temporary file without a name, whose place on the disk the process alone holds."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterable
from math import prod
from typing import IO, Any

import numpy as np

from nnspec.backends.arrays import Array, Values, by_name
from nnspec.data.cache import cache_folder, written_to_cache
from nnspec.data.streaming.file_bytes import read_at, write_all
from nnspec.data.streaming.stored_array import StoredArray
from nnspec.errors import DataError, visible
from nnspec.options.types import Shape


class TemporaryArray(StoredArray):
    """Rows that are appended to a file in the cache folder, and read on demand.

    Raises DataError where the disk has no place for all of them.
    """

    def __init__(self, shape: Shape, dtype: np.dtype[Any]) -> None:
        self.dtype, self.shape = dtype, shape
        with written_to_cache("the rows", cache_folder()):
            cache_folder().mkdir(parents=True, exist_ok=True)
            _require_place(prod(shape) * dtype.itemsize)
            self._file: IO[bytes] = tempfile.TemporaryFile(buffering=0, dir=cache_folder())  # noqa: SIM115
        weakref.finalize(self, self._file.close)

    def append(self, rows: Array) -> None:
        """Write rows behind those that were written."""
        with written_to_cache("the rows", cache_folder()):
            write_all(self._file, np.ascontiguousarray(rows, self.dtype))

    def read(self, start: int, stop: int) -> Array:
        """Read rows from the file."""
        data = read_at(self._file, start * self.row_bytes, (stop - start) * self.row_bytes)
        return np.frombuffer(data, self.dtype).reshape(stop - start, *self.shape[1:])


def write_rows(chunks: Iterable[Values], rows: int) -> Values:
    """Write chunks, of so many rows in all, to a temporary file for each array."""
    files = dict[str, Any]()
    for chunk in chunks:
        for name, array in by_name(chunk).items():
            if name not in files:
                files[name] = TemporaryArray((rows, *array.shape[1:]), array.dtype)
            files[name].append(array)
    values: Values = files.get("", files)
    return values


def _require_place(needed: int) -> None:
    """Raise DataError where the disk of the cache has fewer bytes free."""
    free = shutil.disk_usage(cache_folder()).free
    if free < needed:
        where = visible(str(cache_folder()))
        message = f"the rows take {needed / 1e9:.3g} GB and {free / 1e9:.3g} GB are free in {where}"
        raise DataError(message, "NNSPEC_CACHE names another folder")
