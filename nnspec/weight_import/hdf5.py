"""HDF5 files as trees of groups and arrays; nothing outside the file is ever read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.errors import DataError, quoted
from nnspec.optional_packages import optional_package

MAGIC = b"\x89HDF\r\n\x1a\n"
_DAMAGED = (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError)  # of h5py


@contextmanager
def open_hdf5(file: Path | BinaryIO, name: str) -> Iterator[Any]:
    """Open a file as an `h5py.File`; a DataError where h5py is missing or the file is damaged."""
    h5py = _h5py()
    with damage_as_data_error(name):
        opened = h5py.File(file, "r")
    with opened:
        yield opened


@contextmanager
def damage_as_data_error(name: str) -> Iterator[None]:
    """Raise DataError in the place of what h5py raises while it reads a file."""
    try:
        yield
    except _DAMAGED as error:
        message = f"{name} is damaged: it cannot be read as HDF5"
        raise DataError(message, quoted(error)) from None


def child(group: Any, name: str) -> Any:
    """The group or array of a name; a DataError where it is a link to elsewhere."""
    h5py = _h5py()
    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        raise DataError(f"{quoted(group.name)} has a link {quoted(name)}, which is not followed")
    return group[name]


def is_group(item: Any) -> bool:
    """Whether an item is a group."""
    return isinstance(item, _h5py().Group)


def is_dataset(item: Any) -> bool:
    """Whether an item is an array."""
    return isinstance(item, _h5py().Dataset)


def address(group: Any) -> int:
    """Where a group lies in the file, by whichever name it was found."""
    return int(_h5py().h5o.get_info(group.id).addr)


def check_dataset(dataset: Any) -> None:
    """Raise DataError where the numbers of an array are not all in the file."""
    if dataset.external or dataset.is_virtual:
        raise DataError(f"the numbers of {quoted(dataset.name)} are in another file")


def texts(item: Any, attribute: str) -> list[str]:
    """The texts of an attribute, which Keras cuts into several where there are many."""
    if attribute in item.attrs:
        return [_text(one) for one in item.attrs[attribute]]
    found, number = [], 0
    while f"{attribute}{number}" in item.attrs:
        found += [_text(one) for one in item.attrs[f"{attribute}{number}"]]
        number += 1
    return found


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def read(dataset: Any, name: str) -> Array:
    """The numbers of an array; a DataError where they are damaged."""
    with damage_as_data_error(name):
        return np.asarray(dataset[()])


def _h5py() -> Any:
    with optional_package("files of Keras' weights need h5py", "hdf5", DataError):
        import h5py
    return h5py
