"""The arrays of an open `.npz` archive: large ones that are not compressed are memory-mapped."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any, Literal
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

import numpy as np
from numpy.lib import format as npy_format
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

Array = NDArray[Any]
MAPPED_BYTES = 1 << 24  # smaller arrays are read: a map would cost more than it saves
_CHUNK = 1 << 20
_LOCAL_HEADER = "<4s22xHH"  # of a zip's member: its magic, and the lengths of its name and extras


class NpzArrays(Mapping[str, Array]):
    """The arrays of an archive by their names.

    A large array that is stored as it is (`np.savez`) is checked against its CRC-32 in chunks and
    memory-mapped, so that its rows are loaded when they are used; a compressed one is read.
    """

    def __init__(self, path: Path, archive: NpzFile[Any]) -> None:
        self._path, self._archive = path, archive

    def __getitem__(self, name: str) -> Array:
        member = _member(self._archive.zip, f"{name}.npy")
        return self._archive[name] if member is None else self._mapped(member)

    def __iter__(self) -> Iterator[str]:
        return iter(self._archive)

    def __len__(self) -> int:
        return len(self._archive)

    def _mapped(self, member: ZipInfo) -> Array:
        """The array of a member that is stored as it is."""
        _check_crc(self._archive.zip, member)
        with self._path.open("rb") as file:
            _seek_content(file, member)
            start = file.tell()
            shape, is_fortran, dtype = _read_header(file)
            end = file.tell() + prod(shape) * dtype.itemsize
            if dtype.hasobject or end - start > member.file_size:
                raise ValueError("no array of numbers as long as its header says")
            order: Literal["F", "C"] = "F" if is_fortran else "C"
            return np.memmap(self._path, dtype, "r", file.tell(), shape, order)


def _read_header(file: Any) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """The shape, whether the order is Fortran's, and the type; a ValueError if it has none."""
    if npy_format.read_magic(file) == (1, 0):
        return npy_format.read_array_header_1_0(file)
    return npy_format.read_array_header_2_0(file)


def _member(archive: ZipFile | None, name: str) -> ZipInfo | None:
    """A member that is worth a memory map, or None."""
    found = archive.NameToInfo.get(name) if archive else None
    is_plain = found is not None and found.compress_type == ZIP_STORED and not found.flag_bits & 1
    return found if found and is_plain and found.file_size >= MAPPED_BYTES else None


def _check_crc(archive: ZipFile | None, member: ZipInfo) -> None:
    """Read a member to its end: a wrong CRC-32 is a BadZipFile."""
    if archive:
        with archive.open(member) as content:
            while content.read(_CHUNK):
                pass


def _seek_content(file: Any, member: ZipInfo) -> None:
    """Move to where a member's own bytes begin in the archive."""
    file.seek(member.header_offset)
    header = file.read(struct.calcsize(_LOCAL_HEADER))
    magic, name, extra = struct.unpack(_LOCAL_HEADER, header)
    if magic != b"PK\x03\x04":
        raise BadZipFile("no member where the archive says that there is one")
    file.seek(name + extra, 1)
