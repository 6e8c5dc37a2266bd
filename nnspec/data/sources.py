"""Reading a source: from its fields to arrays of training and test rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnspec.components.sources.base import Source
from nnspec.components.sources.inline import InlineRows
from nnspec.components.sources.mnist import Mnist
from nnspec.components.sources.npz import Npz
from nnspec.components.sources.synthetic import Synthetic
from nnspec.data.formats import mnist, numpy_files
from nnspec.data.registry import SOURCES
from nnspec.data.synthetic import Draw, draw_rows
from nnspec.errors import DataError, visible


class Rows(NamedTuple):
    """Rows: inputs and targets of the same length."""

    inputs: NDArray[Any]
    targets: NDArray[Any]

    def take(self, rows: Any) -> Rows:
        """Some of the rows: a slice, or their numbers."""
        return Rows(self.inputs[rows], self.targets[rows])

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.inputs)


class RawSplits(NamedTuple):
    """What a source holds, before any preparation."""

    train: Rows
    test: Rows | None


def read_source(source: Source, folder: Path) -> RawSplits:
    """The arrays of a source; `folder` is where its relative paths start."""
    found: RawSplits = SOURCES[source](source, folder)
    return found


def read_mnist(source: Mnist, _: Path) -> RawSplits:
    """The embedded digits."""
    train, test = (Rows(mnist.images(part), mnist.labels(part)) for part in ("train", "t10k"))
    return RawSplits(train.take(slice(source.train_rows)), test.take(slice(source.test_rows)))


def read_inline(source: InlineRows, _: Path) -> RawSplits:
    """The rows of the spec."""
    train = _checked(Rows(np.asarray(source.inputs), np.asarray(source.targets)), "the source")
    if source.test is None:
        return RawSplits(train, None)
    test = Rows(np.asarray(source.test.inputs), np.asarray(source.test.targets))
    return RawSplits(train, _checked(test, "the source"))


def read_synthetic(source: Synthetic, _: Path) -> RawSplits:
    """Rows drawn from the source's function."""
    train = _drawn(source, "train", source.rows)
    return RawSplits(train, _drawn(source, "test", source.test_rows) if source.test_rows else None)


def _drawn(source: Synthetic, part: str, rows: int) -> Rows:
    key = (source.seed, "synthetic", source.function.kind, part)
    with np.errstate(all="ignore"):  # what is not finite is refused once all is prepared
        return Rows(*draw_rows(source.function, Draw(rows, source.noise, key)))


def read_npz(source: Npz, folder: Path) -> RawSplits:
    """The arrays of an archive."""
    with numpy_files.open_archive(folder / source.path) as archive:
        named = source.test_inputs in archive or source.test_targets in archive
        test = (source.test_inputs, source.test_targets) if named else None
        train = _table(archive, source.inputs, source.targets, source.path)
        return RawSplits(train, test and _table(archive, *test, source.path))


def _table(archive: Mapping[str, NDArray[Any]], inputs: str, targets: str, path: str) -> Rows:
    missing = [name for name in (inputs, targets) if name not in archive]
    if missing:
        held = visible(", ".join(archive)) or "none"
        raise DataError(f"{visible(path)} has no array {missing[0]!r}", f"it holds {held}")
    return _checked(Rows(archive[inputs], archive[targets]), visible(path))


def _checked(table: Rows, name: str) -> Rows:
    """The table, once its two parts have the same, positive number of rows and hold numbers."""
    if not all(map(numpy_files.is_numbers, table)):
        raise DataError(f"{name} must hold arrays of numbers with a row axis")
    if len(table.inputs) != len(table.targets) or not len(table.inputs):
        raise DataError(f"{name} has {len(table.inputs)} inputs and {len(table.targets)} targets")
    return table
