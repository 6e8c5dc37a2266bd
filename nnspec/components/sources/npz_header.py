"""The headers of the arrays in a NumPy `.npz` archive, a zip of `.npy` files, without NumPy."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from nnspec.components.sources.npy_header import array_header
from nnspec.errors import ShapeError, did_you_mean, quoted, visible
from nnspec.options.tensor_spec import TensorSpec
from nnspec.options.types import Shape


class MissingFileError(ShapeError):
    """There is no archive."""


class ArrayError(ShapeError):
    """What is wrong with an array of an archive, by its name."""

    def __init__(self, name: str, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.name = name


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
    try:
        with archive.open(f"{name}.npy") as file:
            return array_header(file, f"the array {quoted(name)}")
    except ShapeError as error:
        raise ArrayError(name, error.message, error.hint) from None


def _names(archive: ZipFile) -> list[str]:
    return [entry.removesuffix(".npy") for entry in archive.namelist()]
