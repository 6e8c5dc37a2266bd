"""Readers of .npy and .npz files. Pickles are never loaded, and a damaged file is a DataError."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.lib.format import MAGIC_PREFIX
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from nnspec.data.formats.npz_members import NpzArrays
from nnspec.data.numbers import check_numbers
from nnspec.errors import DataError, quoted, visible

Array = NDArray[Any]
# Exceptions of `zipfile`, `zlib` and `numpy.lib.format` for damaged or wrong files.
_DAMAGED = (
    OSError, ValueError, EOFError, BadZipFile, zlib.error, KeyError, NotImplementedError,
    RuntimeError, SyntaxError,
)  # fmt: skip


@contextmanager
def open_archive(path: Path) -> Iterator[Mapping[str, Array]]:
    """Open a `.npz` file as a mapping of names to arrays, each read or mapped on access."""
    with _errors_as_data_error(path), path.open("rb") as file:  # np.load leaves a damaged file open
        loaded = np.load(file, allow_pickle=False)
        if not isinstance(loaded, NpzFile):
            raise DataError(f"{visible(str(path))} is no .npz file")
        with loaded:
            yield NpzArrays(path, loaded)


def load_rows(path: Path) -> Array:
    """Load the array of a `.npy` file, or the only array of a `.npz` file.

    A `.npy` file is memory-mapped, so that only the rows in use are loaded.
    """
    array = load_npy(path) if _is_npy(path) else _single_array(path)
    return check_numbers(array, str(path))


def load_named(path: Path, names: Collection[str]) -> dict[str, Array]:
    """Load the arrays of some names from a `.npz` file with no others, as many rows of each."""
    with open_archive(path) as archive:
        missing = [name for name in names if name not in archive]
        if missing:
            held = visible(", ".join(archive)) or "none"
            message = f"{visible(str(path))} has no array {quoted(missing[0])}"
            raise DataError(message, f"it holds {held}")
        extra = [name for name in archive if name not in names]
        if extra:
            message = f"{visible(str(path))} has an array {quoted(extra[0])}, which is no input"
            raise DataError(message, f"leave in it {', '.join(names)} alone")
        arrays = {name: archive[name] for name in names}
    for name, array in arrays.items():
        check_numbers(array, f"{name} in {path}")
    if len({len(array) for array in arrays.values()}) > 1:
        lengths = ", ".join(f"{len(array)} rows of {name}" for name, array in arrays.items())
        raise DataError(f"{visible(str(path))} has {lengths}")
    return arrays


def _is_npy(path: Path) -> bool:
    with _errors_as_data_error(path), path.open("rb") as file:
        return file.read(len(MAGIC_PREFIX)) == MAGIC_PREFIX


def load_npy(path: Path) -> Array:
    """Memory-map the array of a `.npy` file."""
    with _errors_as_data_error(path):
        return np.load(path, mmap_mode="r", allow_pickle=False)


def _single_array(path: Path) -> Array:
    with open_archive(path) as archive:
        if len(archive) != 1:
            names = visible(", ".join(archive)) or "none"
            raise DataError(f"{visible(str(path))} must hold one array and holds {names}")
        return next(iter(archive.values()))


def _hint(path: Path) -> str:
    """What to know of a file that is no intact one of NumPy's."""
    is_numpy = path.suffix.lower() in (".npy", ".npz")
    return "pickled objects are never read" if is_numpy else "it takes a .npy or a .npz file"


@contextmanager
def _errors_as_data_error(path: Path) -> Iterator[None]:
    try:
        yield
    except _DAMAGED as error:
        reason = getattr(error, "strerror", None) or "it is no intact file of numbers"
        hint = "" if getattr(error, "strerror", None) else _hint(path)
        raise DataError(f"cannot read {visible(str(path))}: {reason}", hint) from None
