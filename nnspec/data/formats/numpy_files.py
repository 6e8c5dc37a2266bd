"""Reading NumPy's own files. A pickle is never read, and a damaged file is a DataError."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.lib.format import MAGIC_PREFIX
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from nnspec.errors import DataError, visible

Array = NDArray[Any]
# What `zipfile`, `zlib` and `numpy.lib.format` raise for files that are not what they should be.
_DAMAGED = (
    OSError, ValueError, EOFError, BadZipFile, zlib.error, KeyError, NotImplementedError,
    RuntimeError, SyntaxError,
)  # fmt: skip


@contextmanager
def open_archive(path: Path) -> Iterator[Mapping[str, Array]]:
    """The arrays of a `.npz` file by name, each read when it is asked for."""
    with _readable(path), path.open("rb") as file:  # np.load leaves a damaged file open
        loaded = np.load(file, allow_pickle=False)
        if not isinstance(loaded, NpzFile):
            raise DataError(f"{visible(str(path))} is no .npz file")
        with loaded:
            yield loaded


def load_rows(path: Path) -> Array:
    """The rows in a `.npy` file, or in the only array of a `.npz` file.

    A `.npy` file is mapped, so that it takes no more memory than is looked at.
    """
    array = _mapped(path) if _is_npy(path) else _only(path)
    if not is_numbers(array):
        raise DataError(f"{visible(str(path))} must hold an array of numbers with a row axis")
    return array


def is_numbers(array: Array) -> bool:
    """Whether an array has a row axis and holds real numbers or truth values."""
    return array.ndim > 0 and array.dtype.kind in "biuf"


def _is_npy(path: Path) -> bool:
    with _readable(path), path.open("rb") as file:
        return file.read(len(MAGIC_PREFIX)) == MAGIC_PREFIX


def _mapped(path: Path) -> Array:
    with _readable(path):
        return np.load(path, mmap_mode="r", allow_pickle=False)


def _only(path: Path) -> Array:
    with open_archive(path) as found:
        if len(found) != 1:
            names = visible(", ".join(found)) or "none"
            raise DataError(f"{visible(str(path))} must hold one array and holds {names}")
        return next(iter(found.values()))


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except _DAMAGED as error:
        reason = getattr(error, "strerror", None) or "it is no intact file of numbers"
        hint = "" if getattr(error, "strerror", None) else "pickled objects are never read"
        raise DataError(f"cannot read {visible(str(path))}: {reason}", hint) from None
