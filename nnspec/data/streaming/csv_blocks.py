"""Blocks of a CSV file that hold whole rows: also where a quoted cell holds line breaks."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from nnspec.errors import DataError, visible

BLOCK_BYTES = 16 << 20
_QUOTE, _LINE = b'"', b"\n"


def csv_blocks(path: Path, size: int = BLOCK_BYTES) -> Iterator[bytes]:
    """The bytes of a CSV file in blocks of about `size` that end with a row."""
    rest = b""
    with open_bytes(path) as file:
        while data := _read(file, size, path):
            rest += data
            end = _end_of_rows(rest)
            if end:
                yield rest[:end]
                rest = rest[end:]
    if rest:
        yield rest


def open_bytes(path: Path) -> IO[Any]:
    """Open a file for reading its bytes, or those that gzip packed."""
    packed: IO[Any] = gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # noqa: SIM115
    return packed


def _read(file: IO[Any], size: int, path: Path) -> bytes:
    try:
        data: bytes = file.read(size)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{visible(path.name)} is no sound gzip file: {error}") from None
    return data


def _end_of_rows(data: bytes) -> int:
    """Behind the last line break that is in no quoted cell; 0 where there is none.

    A line break is in a quoted cell where an odd number of quotes stand before it.
    """
    before, end = data.count(_QUOTE), len(data)
    while True:
        stop = end
        end = data.rfind(_LINE, 0, stop)
        if end < 0:
            return 0
        before -= data.count(_QUOTE, end, stop)
        if before % 2 == 0:
            return end + 1
