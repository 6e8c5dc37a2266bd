"""Columns in files: the bytes of their numbers, and of text the offsets and the UTF-8 bytes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.data.column_types import DATE_TYPE, TEXT_TYPE
from nnspec.data.streaming.file_bytes import read_at
from nnspec.data.streaming.stored_array import StoredArray
from nnspec.errors import DataError, visible

_OFFSET = np.dtype(np.int64)


class StoredFile(StoredArray):
    """An array whose rows are in a file."""

    path: Path


class NumberFile(StoredFile):
    """Rows of numbers or dates in a file, which are read by their offsets."""

    def __init__(self, path: Path, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
        self.path, self.shape = path, shape
        self.dtype = DATE_TYPE if dtype.kind == "M" else dtype

    def read(self, start: int, stop: int) -> Array:
        """Read rows from the file."""
        count = (stop - start) * prod(self.shape[1:])
        numbers = read_bytes(self.path, start * self.row_bytes, count, self.dtype)
        return numbers.reshape(stop - start, *self.shape[1:])


class TextColumn(StoredFile):
    """A column of text: the UTF-8 bytes of all rows, and in a second file where each ends."""

    dtype = TEXT_TYPE

    def __init__(self, path: Path, rows: int) -> None:
        self.path, self.shape = path, (rows,)

    def read(self, start: int, stop: int) -> Array:
        """Read rows from the files."""
        ends = read_bytes(ends_file(self.path), start * _OFFSET.itemsize, stop - start + 1, _OFFSET)
        data = read_bytes(self.path, int(ends[0]), int(ends[-1] - ends[0]), np.dtype(np.uint8))
        whole, cuts = data.tobytes(), (ends - ends[0]).tolist()
        texts = [whole[a:b].decode() for a, b in pairwise(cuts)]
        return np.array(texts, dtype=TEXT_TYPE)


def ends_file(path: Path) -> Path:
    """The file of the offsets of a column of text; the first is 0."""
    return path.with_suffix(".ends")


def read_bytes(path: Path, offset: int, count: int, dtype: np.dtype[Any]) -> Array:
    """Read numbers from a file; a DataError where there are fewer."""
    return read_parts(path, [(offset, count)], dtype)[0]


def read_parts(path: Path, parts: Sequence[tuple[int, int]], dtype: np.dtype[Any]) -> list[Array]:
    """Read numbers of several parts, (offset, count); a DataError where there are fewer."""
    try:
        with path.open("rb", buffering=0) as file:
            found = [read_at(file, offset, count * dtype.itemsize) for offset, count in parts]
    except OSError as error:
        raise DataError(f"cannot read {visible(str(path))}: {error.strerror}") from None
    for data, (_, count) in zip(found, parts, strict=True):
        if len(data) < count * dtype.itemsize:
            message = f"{visible(str(path))} is damaged: it ends too early"
            raise DataError(message, "remove its folder")
    return [np.frombuffer(data, dtype) for data in found]


class ColumnWriter(ABC):
    """Appends the rows of a column to its file."""

    @abstractmethod
    def write(self, column: Array) -> None:
        """Append rows."""

    @abstractmethod
    def close(self) -> None:
        """Close the file."""


class NumberWriter(ColumnWriter):
    """Appends numbers or dates, as a type."""

    def __init__(self, path: Path, dtype: np.dtype[Any]) -> None:
        self.file, self.dtype = path.open("wb"), dtype

    def write(self, column: Array) -> None:
        """Append the bytes of numbers."""
        self.file.write(np.ascontiguousarray(column, self.dtype).tobytes())

    def close(self) -> None:
        """Close the file."""
        self.file.close()


class TextWriter(ColumnWriter):
    """Appends texts, and where each ends."""

    def __init__(self, path: Path) -> None:
        self.file: IO[bytes] = path.open("wb")
        self.ends: IO[bytes] = ends_file(path).open("wb")
        self.end = 0
        self.ends.write(np.zeros(1, _OFFSET).tobytes())

    def write(self, column: Array) -> None:
        """Append texts."""
        data = [text.encode() for text in column.tolist()]
        ends = self.end + np.cumsum([len(text) for text in data], dtype=_OFFSET)
        self.file.write(b"".join(data))
        self.ends.write(ends.tobytes())
        self.end = int(ends[-1]) if len(ends) else self.end

    def close(self) -> None:
        """Close both files."""
        self.file.close()
        self.ends.close()


def open_writer(path: Path, dtype: np.dtype[Any]) -> ColumnWriter:
    """The writer of a column of a type."""
    return TextWriter(path) if dtype.kind == "T" else NumberWriter(path, dtype)


def open_column(path: Path, dtype: np.dtype[Any], rows: int) -> StoredFile:
    """The column in a file."""
    return TextColumn(path, rows) if dtype.kind == "T" else NumberFile(path, dtype, (rows,))
