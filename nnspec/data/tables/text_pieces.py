"""The text of a file in pieces of UTF-8: decompressed, decoded, without a byte order mark."""

from __future__ import annotations

import bz2
import codecs
import gzip
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nnspec.data.tables.polars_errors import polars_errors
from nnspec.errors import DataError, visible
from nnspec.system_errors import system_message

_PIECE = 1 << 23  # bytes that are read at a time
_MARK = codecs.BOM_UTF8
_ZSTD = b"\x28\xb5\x2f\xfd"
_OPENERS: dict[bytes, Callable[..., Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
}
_NO_TEXT = {  # what the first bytes tell, and what to do
    b"PAR1": ("a Parquet file", "write source: {parquet: ...}"),
    b"ARROW1": ("an Arrow file", "write source: {feather: ...}"),
    b"PK\x03\x04": ("a zip or Excel file", "save the table as CSV"),
    b"\xff\xfe": ("text in UTF-16", "write encoding: utf-16"),
    b"\xfe\xff": ("text in UTF-16", "write encoding: utf-16"),
}


class EncodingError(DataError):
    """A file is not text in the encoding in which it is read."""


def text_pieces(path: Path, encoding: str) -> Iterator[bytes]:
    """Read a text file; a DataError where it is damaged or not in the encoding."""
    with _readable(path.name, encoding):
        utf8 = codecs.lookup(encoding).name == "utf-8"
        pieces = _decompressed(path) if utf8 else _decoded(path, encoding)
        first = next(pieces, b"")
        _require_text(path.name, first)
        yield first.removeprefix(_MARK)
        yield from pieces


def _decompressed(path: Path) -> Iterator[bytes]:
    """The bytes of a file, by its first bytes compressed or not."""
    with path.open("rb") as raw:
        start = raw.read(8)
    if start.startswith(_ZSTD):
        yield from _lines(path)
        return
    openers = (found for magic, found in _OPENERS.items() if start.startswith(magic))
    with next(openers, open)(path, "rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _lines(path: Path) -> Iterator[bytes]:
    """The lines of a file that is compressed with zstd, which polars decompresses."""
    import polars as pl

    with polars_errors(path.name, "text that is compressed with zstd"):
        for batch in pl.scan_lines(path, glob=False).collect_batches(maintain_order=True):
            yield "".join(f"{line}\n" for line in batch.to_series()).encode()


def _decoded(path: Path, encoding: str) -> Iterator[bytes]:
    for text in codecs.iterdecode(_decompressed(path), encoding):
        yield text.encode()


def _require_text(name: str, first: bytes) -> None:
    """Raise DataError where the first bytes of a file are those of another format."""
    for magic, (what, hint) in _NO_TEXT.items():
        if first.startswith(magic):
            raise DataError(f"{visible(name)} is {what}, not CSV", hint)


@contextmanager
def _readable(name: str, encoding: str) -> Iterator[None]:
    """Turn errors of files, decompression and decoding into a DataError."""
    try:
        yield
    except UnicodeError:
        hint = "say in which encoding it is, such as encoding: cp1252"
        raise EncodingError(f"{visible(name)} is no text in {encoding}", hint) from None
    except (EOFError, gzip.BadGzipFile, lzma.LZMAError, zlib.error) as error:
        short = isinstance(error, EOFError)
        what = "ends too early" if short else "its compressed data are broken"
        raise DataError(f"{visible(name)} is damaged: {what}") from None
    except OSError as error:
        raise DataError(f"{visible(name)} cannot be read: {system_message(error)}") from None
