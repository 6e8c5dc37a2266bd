"""Reading a source: from its fields to arrays of training and test rows."""

from __future__ import annotations

from functools import singledispatch
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from nnspec.data import mnist
from nnspec.errors import DataError, visible
from nnspec.sources import Mnist, Npz, Rows, Source


class Table(NamedTuple):
    """Rows: inputs and targets of the same length."""

    inputs: NDArray[Any]
    targets: NDArray[Any]

    def take(self, rows: Any) -> Table:
        """Some of the rows: a slice, or their numbers."""
        return Table(self.inputs[rows], self.targets[rows])

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.inputs)


class Raw(NamedTuple):
    """What a source holds, before any preparation."""

    train: Table
    test: Table | None


@singledispatch
def read(source: Source, folder: Path) -> Raw:  # noqa: ARG001
    """The arrays of a source; `folder` is where its relative paths start."""
    raise DataError(f"nothing reads the source {source.kind!r}")


@read.register
def _(source: Mnist, folder: Path) -> Raw:  # noqa: ARG001
    train, test = (Table(mnist.images(part), mnist.labels(part)) for part in ("train", "t10k"))
    return Raw(train.take(slice(source.train_rows)), test.take(slice(source.test_rows)))


@read.register
def _(source: Rows, folder: Path) -> Raw:  # noqa: ARG001
    train = Table(np.asarray(source.inputs), np.asarray(source.targets))
    if source.test is None:
        return Raw(train, None)
    return Raw(train, Table(np.asarray(source.test.inputs), np.asarray(source.test.targets)))


@read.register
def _(source: Npz, folder: Path) -> Raw:
    path = folder / source.path
    try:
        with np.load(path, allow_pickle=False) as archive:
            return _npz(source, archive)
    except (OSError, ValueError, BadZipFile, EOFError) as error:
        raise DataError(f"cannot read {visible(str(path))}: {_reason(error)}") from None


def _npz(source: Npz, archive: Any) -> Raw:
    def table(inputs: str, targets: str) -> Table:
        missing = [name for name in (inputs, targets) if name not in archive]
        if missing:
            held = ", ".join(archive.files)
            raise DataError(f"{source.path} has no array {missing[0]!r}", f"it holds {held}")
        return checked(Table(archive[inputs], archive[targets]), source.path)

    named = source.test_inputs in archive or source.test_targets in archive
    test = table(source.test_inputs, source.test_targets) if named else None
    return Raw(table(source.inputs, source.targets), test)


def checked(table: Table, name: str) -> Table:
    """The table, once its two parts have the same, positive number of rows and hold numbers."""
    for array in table:
        if array.ndim == 0 or array.dtype.kind not in "biuf":
            raise DataError(f"{name} must hold arrays of numbers with a row axis")
    if len(table.inputs) != len(table.targets) or not len(table.inputs):
        raise DataError(f"{name} has {len(table.inputs)} inputs and {len(table.targets)} targets")
    return table


def _reason(error: Exception) -> str:
    reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
    return "it holds a pickle, which is never read" if "pickle" in reason.lower() else reason
