"""Reading of data sources into arrays of training and test rows."""

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
from nnspec.data.synthetic import SyntheticSampler, draw_rows
from nnspec.errors import DataError, visible


class Rows(NamedTuple):
    """Inputs and targets of the same rows."""

    inputs: NDArray[Any]
    targets: NDArray[Any]

    def take(self, selection: Any) -> Rows:
        """Select rows by a slice or by their indices."""
        return Rows(self.inputs[selection], self.targets[selection])

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.inputs)


class RawSplits(NamedTuple):
    """Training and test rows of a source, before preprocessing."""

    train: Rows
    test: Rows | None


def read_source(source: Source, folder: Path) -> RawSplits:
    """Read the rows of a source; its relative paths start at `folder`."""
    raw = SOURCES[source](source, folder)
    if not isinstance(raw, RawSplits):
        raise DataError(f"the rule of the source {source.kind!r} gives no RawSplits")
    return raw


def read_mnist(source: Mnist, _: Path) -> RawSplits:
    """Read the embedded MNIST digits."""
    train, test = (Rows(mnist.images(split), mnist.labels(split)) for split in ("train", "t10k"))
    return RawSplits(train.take(slice(source.train_rows)), test.take(slice(source.test_rows)))


def read_inline(source: InlineRows, _: Path) -> RawSplits:
    """Convert the rows that are written in the spec."""
    train = _check_rows(Rows(np.asarray(source.inputs), np.asarray(source.targets)), "the source")
    if source.test is None:
        return RawSplits(train, None)
    test = Rows(np.asarray(source.test.inputs), np.asarray(source.test.targets))
    return RawSplits(train, _check_rows(test, "the source"))


def read_synthetic(source: Synthetic, _: Path) -> RawSplits:
    """Draw rows from the source's function."""
    train = _draw_split(source, "train", source.rows)
    return RawSplits(
        train, _draw_split(source, "test", source.test_rows) if source.test_rows else None
    )


def _draw_split(source: Synthetic, split: str, rows: int) -> Rows:
    key = (source.seed, "synthetic", source.function.kind, split)
    with np.errstate(all="ignore"):  # non-finite values are refused after preprocessing
        return Rows(*draw_rows(source.function, SyntheticSampler(rows, source.noise, key)))


def read_npz(source: Npz, folder: Path) -> RawSplits:
    """Read the arrays of an .npz archive."""
    with numpy_files.open_archive(folder / source.path) as archive:
        has_test = source.test_inputs in archive or source.test_targets in archive
        test = (source.test_inputs, source.test_targets) if has_test else None
        train = _archive_rows(archive, source.inputs, source.targets, source.path)
        return RawSplits(train, test and _archive_rows(archive, *test, source.path))


def _archive_rows(
    archive: Mapping[str, NDArray[Any]], inputs: str, targets: str, path: str
) -> Rows:
    missing = [name for name in (inputs, targets) if name not in archive]
    if missing:
        names = visible(", ".join(archive)) or "none"
        raise DataError(f"{visible(path)} has no array {missing[0]!r}", f"it holds {names}")
    return _check_rows(Rows(archive[inputs], archive[targets]), visible(path))


def _check_rows(rows: Rows, name: str) -> Rows:
    """Return the rows; raise DataError unless both arrays are numbers of equal length above 0."""
    if not all(map(numpy_files.is_numbers, rows)):
        raise DataError(f"{name} must hold arrays of numbers with a row axis")
    if len(rows.inputs) != len(rows.targets) or not len(rows.inputs):
        raise DataError(f"{name} has {len(rows.inputs)} inputs and {len(rows.targets)} targets")
    return rows
