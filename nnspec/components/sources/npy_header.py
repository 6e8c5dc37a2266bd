"""The header of an array in a `.npy` file, read without NumPy.

A file begins with the magic string, a version, the length of its header, and the header: a Python
literal with the array's `descr`, `fortran_order` and `shape`.
"""

from __future__ import annotations

import ast
import struct
from math import prod
from pathlib import Path
from typing import IO, Any

from nnspec.errors import ShapeError, quoted
from nnspec.options.number_kinds import LONG_FLOATS, OTHER_KINDS
from nnspec.options.types import MAX_AXES, Shape

_MAGIC = b"\x93NUMPY"
_MAX_HEADER = 10_000  # NumPy's own limit
_LENGTHS = {1: "<H", 2: "<I", 3: "<I"}  # how a version writes the length of its header
_TYPES = {
    "b1": "bool", "i1": "int8", "i2": "int16", "i4": "int32", "i8": "int64",
    "u1": "uint8", "u2": "uint16", "u4": "uint32", "u8": "uint64",
    "f2": "float16", "f4": "float32", "f8": "float64",
}  # fmt: skip


def npy_header(path: Path) -> tuple[Shape, str]:
    """The shape (rows first) and type of the array of a `.npy` file.

    Raises ShapeError where the file is no such file, is shorter than its header says, or holds
    anything but rows of numbers.
    """
    with path.open("rb") as file:
        shape, dtype = array_header(file, quoted(path.name))
        missing = prod(shape) * _item_size(dtype) - (path.stat().st_size - file.tell())
    if missing > 0:
        message = f"{quoted(path.name)} is cut off: {missing:,} bytes of its numbers are missing"
        raise ShapeError(message, "copy it again")
    return shape, dtype


def array_header(file: IO[bytes], what: str) -> tuple[Shape, str]:
    """The shape (rows first) and type of an array; `what` is what messages call it."""
    header = _literal(file, what)
    shape, dtype = header.get("shape"), _TYPES.get(str(header.get("descr"))[1:])
    if dtype is None:
        raise _no_numbers(what, str(header.get("descr")))
    if not isinstance(shape, tuple) or not _is_table(shape):
        raise _no_table(what, shape)
    return shape, dtype


def _item_size(dtype: str) -> int:
    """Bytes of a number of a type."""
    return next(int(code[1:]) for code, name in _TYPES.items() if name == dtype)


def _no_table(what: str, shape: object) -> ShapeError:
    """The error of an array that has no rows, or rows without a number."""
    empty_rows = isinstance(shape, tuple) and len(shape) > 1 and shape[0] != 0 and 0 in shape
    needed = "a row of it needs numbers" if empty_rows else "it needs rows"
    return ShapeError(f"{what} has the shape {quoted(shape)}; {needed}")


def _no_numbers(what: str, descr: str) -> ShapeError:
    """The error of an array that holds no real numbers of at most 64 bits."""
    found = LONG_FLOATS if descr[1:2] == "f" else OTHER_KINDS.get(descr[1:2], OTHER_KINDS["V"])
    return ShapeError(f"{what} must hold real numbers, not {found.name}", found.hint)


def _literal(file: IO[bytes], what: str) -> dict[str, Any]:
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
        found = "has no NumPy header" if start else "is empty"
        raise ShapeError(f"{what} {found}", "pickled objects are never read" if start else "")
    return header


def _is_table(shape: Shape) -> bool:
    sizes_fit = all(type(size) is int and 0 < size < 1 << 63 for size in shape)
    return 0 < len(shape) <= MAX_AXES and sizes_fit
