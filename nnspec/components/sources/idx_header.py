"""The header of an IDX file, the format of MNIST, read without NumPy.

A file begins with two zero bytes, a byte for the type of its numbers and one for the number of
axes; the size of each axis follows as a big-endian uint32, then the numbers, big-endian too.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import IO, NamedTuple, cast

from nnspec.errors import ShapeError, quoted
from nnspec.options.types import MAX_AXES, Shape

_TYPES = {
    0x08: ("uint8", 1), 0x09: ("int8", 1), 0x0B: ("int16", 2), 0x0C: ("int32", 4),
    0x0D: ("float32", 4), 0x0E: ("float64", 8),
}  # fmt: skip
_GZIP = b"\x1f\x8b"


class IdxHeader(NamedTuple):
    """The shape (rows first) and type of an IDX file's array, and where its numbers stand."""

    shape: Shape
    dtype: str
    offset: int  # of the first number, in bytes of what is not compressed
    length: int  # of the numbers, in bytes

    def first_rows(self, count: int | None) -> IdxHeader:
        """The header of the first rows alone; of all where no count is given."""
        rows = min(count or self.shape[0], self.shape[0])
        length = self.length // self.shape[0] * rows
        return self._replace(shape=(rows, *self.shape[1:]), length=length)


def idx_header(path: Path) -> IdxHeader:
    """The header of an IDX file, compressed by gzip or not.

    Raises ShapeError where the file is no IDX file, or is shorter or longer than its header says;
    a compressed one is not read further than its header.
    """
    with opened(path) as file:
        header = read_header(file, path.name)
        if not isinstance(file, gzip.GzipFile):
            check_length(path.name, header, path.stat().st_size - header.offset)
    return header


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, decompressed where gzip has compressed it; else a ShapeError."""
    name = quoted(path.name)
    try:
        with gzip.open(path) if is_gzip(path) else path.open("rb") as file:
            yield cast("IO[bytes]", file)
    except EOFError:
        raise ShapeError(f"{name} is cut off: its gzip data have no end", "copy it again") from None
    except (gzip.BadGzipFile, zlib.error):
        raise ShapeError(f"{name} is damaged: gzip cannot read it", "copy it again") from None


def is_gzip(path: Path) -> bool:
    """Whether a file is compressed by gzip, whatever it is called."""
    with path.open("rb") as file:
        return file.read(len(_GZIP)) == _GZIP


def check_length(name: str, header: IdxHeader, found: int) -> None:
    """Raise ShapeError unless as many bytes of numbers are found as the header says."""
    if found < header.length:
        missing = f"{header.length - found:,} bytes of its numbers are missing"
        raise ShapeError(f"{quoted(name)} is cut off: {missing}", "copy it again")
    if found > header.length:
        shape = quoted(header.shape)
        raise ShapeError(f"{quoted(name)} holds more than the {shape} numbers of its header")


def read_header(file: IO[bytes], name: str) -> IdxHeader:
    """Read the header of the file of a name; the numbers stand next in it."""
    start = file.read(4)
    dtype, size = _TYPES.get(start[2] if len(start) == 4 else 0, ("", 0))
    if start[:2] != b"\0\0" or not dtype:
        hint = "it begins with 0 0, its type and its number of axes" if start else "it is empty"
        raise ShapeError(f"{quoted(name)} is no IDX file", hint)
    axes = start[3]
    sizes = file.read(4 * axes)
    if len(sizes) < 4 * axes:
        raise ShapeError(f"{quoted(name)} is cut off in its header", "copy it again")
    shape = struct.unpack(f">{axes}I", sizes)
    if not 0 < axes <= MAX_AXES or 0 in shape:
        raise ShapeError(f"{quoted(name)} has the shape {quoted(shape)}; it needs rows")
    offset = len(start) + len(sizes)
    return IdxHeader(shape, dtype, offset, prod(shape) * size)
