"""The headers of the arrays in a NumPy `.npz` archive, read without NumPy.

An archive is a zip of `.npy` files. Each begins with the magic string, a version, the length of
its header, and the header: a Python literal with the array's `descr`, `fortran_order`, `shape`.
"""

from __future__ import annotations

import ast
import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile, ZipFile

from nnspec.errors import ShapeError, did_you_mean, quoted, visible
from nnspec.options.number_kinds import LONG_FLOATS, OTHER_KINDS
from nnspec.options.tensor_spec import TensorSpec
from nnspec.options.types import MAX_AXES, Shape


class MissingFileError(ShapeError):
    """There is no archive."""


class ArrayError(ShapeError):
    """What is wrong with an array of an archive, by its name."""

    def __init__(self, name: str, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.name = name


_MAGIC = b"\x93NUMPY"
_MAX_HEADER = 10_000  # NumPy's own limit
_LENGTHS = {1: "<H", 2: "<I", 3: "<I"}  # how a version writes the length of its header
_TYPES = {
    "b1": "bool", "i1": "int8", "i2": "int16", "i4": "int32", "i8": "int64",
    "u1": "uint8", "u2": "uint16", "u4": "uint32", "u8": "uint64",
    "f2": "float16", "f4": "float32", "f8": "float64",
}  # fmt: skip


def npz_specs(path: Path, names: Iterable[str]) -> list[TensorSpec]:
    """The TensorSpecs of named arrays of an archive, from their headers.

    Raises ShapeError where the archive or an array is missing or damaged, where an array holds
    anything but numbers, or where the arrays have different numbers of rows.
    """
    found = read_headers(path, names)
    if len({shape[0] for shape, _ in found.values()}) > 1:
        counts = " and ".join(f"{shape[0]:,} in {name}" for name, (shape, _) in found.items())
        raise ShapeError(f"{quoted(path.name)} has different numbers of rows: {counts}")
    return [TensorSpec(shape[1:], dtype) for shape, dtype in found.values()]


def held_names(path: Path) -> list[str]:
    """The names of all arrays."""
    with _opened(path) as archive:
        return _names(archive)


def read_headers(path: Path, names: Iterable[str]) -> dict[str, tuple[Shape, str]]:
    """The shape (rows first) and type of each named array."""
    with _opened(path) as archive:
        return {name: _header(archive, name) for name in names}


@contextmanager
def _opened(path: Path) -> Iterator[ZipFile]:
    """An archive; a ShapeError where it is missing or damaged."""
    try:
        if path.is_dir():
            raise ShapeError(f"{quoted(str(path))} is a folder", "name a .npz file in it")
        if not path.is_file():  # also keeps a named pipe from being waited for
            raise MissingFileError(f"there is no file {quoted(str(path))}")
        with ZipFile(path) as archive:
            yield archive
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ShapeError(
            f"{quoted(path.name)} is no sound .npz archive: {visible(str(error))}"
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ShapeError(f"cannot read {quoted(str(path))}: {visible(reason)}") from None


def _header(archive: ZipFile, name: str) -> tuple[Shape, str]:
    known = _names(archive)
    if name not in known:
        raise ArrayError(
            name, f"the archive has no array {quoted(name)}", did_you_mean(name, known)
        )
    with archive.open(f"{name}.npy") as file:
        header = _literal(file, name)
    shape, dtype = header.get("shape"), _TYPES.get(str(header.get("descr"))[1:])
    if dtype is None:
        raise _no_numbers(name, str(header.get("descr")))
    if not isinstance(shape, tuple) or not _is_table(shape):
        raise _no_table(name, shape)
    return shape, dtype


def _names(archive: ZipFile) -> list[str]:
    return [entry.removesuffix(".npy") for entry in archive.namelist()]


def _no_table(name: str, shape: object) -> ArrayError:
    """The error of an array that has no rows, or rows without a number."""
    empty_rows = isinstance(shape, tuple) and len(shape) > 1 and shape[0] != 0 and 0 in shape
    needed = "a row of it needs numbers" if empty_rows else "it needs rows"
    return ArrayError(name, f"the array {quoted(name)} has the shape {quoted(shape)}; {needed}")


def _no_numbers(name: str, descr: str) -> ArrayError:
    """The error of an array that holds no real numbers of at most 64 bits."""
    found = LONG_FLOATS if descr[1:2] == "f" else OTHER_KINDS.get(descr[1:2], OTHER_KINDS["V"])
    message = f"the array {quoted(name)} must hold real numbers, not {found.name}"
    return ArrayError(name, message, found.hint)


def _literal(file: IO[bytes], name: str) -> dict[str, Any]:
    """The header as NumPy wrote it: a dictionary."""
    start = file.read(8)
    length_format = _LENGTHS.get(start[6]) if len(start) == 8 and start.startswith(_MAGIC) else None
    try:
        (length,) = struct.unpack(
            length_format or "", file.read(struct.calcsize(length_format or ""))
        )
        header = ast.literal_eval(file.read(min(length, _MAX_HEADER)).decode("utf-8").strip())
    except (struct.error, ValueError, SyntaxError, RecursionError, MemoryError):
        header = None
    if not isinstance(header, dict):
        raise ArrayError(name, f"the array {quoted(name)} has no NumPy header")
    return header


def _is_table(shape: Shape) -> bool:
    sizes_fit = all(type(size) is int and 0 < size < 1 << 63 for size in shape)
    return 0 < len(shape) <= MAX_AXES and sizes_fit
