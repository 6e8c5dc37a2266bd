"""Reading and writing of many bytes, of which one call of the system takes 2 GiB at most."""

from __future__ import annotations

import os
from typing import IO

import numpy as np

from nnspec.backends.arrays import Array


def read_at(file: IO[bytes], offset: int, count: int) -> bytes:
    """Read bytes at an offset, fewer at the file's end; several threads may.

    The file is not mapped: that would count as memory of the process.
    """
    parts = list[bytes]()
    while count and (part := os.pread(file.fileno(), count, offset)):
        parts.append(part)
        offset, count = offset + len(part), count - len(part)
    return b"".join(parts)


def write_all(file: IO[bytes], array: Array) -> None:
    """Write the bytes of an array without gaps to a file without a buffer.

    A buffer would try to write them again when it is closed, after the disk was full.
    """
    rest = array.reshape(-1).view(np.uint8).data
    while len(rest):
        rest = rest[file.write(rest) :]
