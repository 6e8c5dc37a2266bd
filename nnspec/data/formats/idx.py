"""Reader of IDX files, the format of MNIST."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from nnspec.components.sources.idx_header import (
    IdxHeader,
    check_length,
    idx_header,
    is_gzip,
    opened,
    read_header,
)

_PIECE = 1 << 20  # bytes that are read at once


def load_idx(path: Path, rows: int | None = None) -> NDArray[Any]:
    """The array of an IDX file, or its first rows: memory-mapped, or decompressed by gzip.

    Raises ShapeError where the file is damaged.
    """
    if is_gzip(path):
        with opened(path) as file:
            return read_idx(file, path.name, rows)
    header = idx_header(path).first_rows(rows)
    return np.memmap(path, _dtype(header), "r", header.offset, header.shape)


def read_idx(file: IO[bytes], name: str, rows: int | None = None) -> NDArray[Any]:
    """The array of an open IDX file, or its first rows; the name is for messages.

    Nothing behind the rows is read. The bytes of a file that is read whole end with the array.
    """
    whole = read_header(file, name)
    header = whole.first_rows(rows)
    values = _read(file, header.length + (header == whole))  # one more: its end is checked
    check_length(name, header, len(values))
    dtype = _dtype(header)
    return (
        np.frombuffer(values, dtype)
        .reshape(header.shape)
        .astype(dtype.newbyteorder("="), copy=False)
    )


def _read(file: IO[bytes], length: int) -> bytearray:
    """At most so many bytes: a false length takes no memory."""
    values = bytearray()
    while piece := file.read(min(_PIECE, length - len(values))):
        values += piece
    return values


def _dtype(header: IdxHeader) -> np.dtype[Any]:
    """The type of the numbers, as the file has them: big-endian."""
    return np.dtype(header.dtype).newbyteorder(">")
