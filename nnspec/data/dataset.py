"""The interface of data that a program is trained on or evaluated with: rows by their numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np

from nnspec.backends.arrays import Arrays, Values
from nnspec.backends.contract import Indices
from nnspec.data.row_origin import RowOrigin
from nnspec.data.rows import Refusal, Rows


class Dataset(Protocol):
    """Rows that can be taken by their numbers, in memory or not.

    `Rows` is the dataset whose arrays are in memory; it is uploaded to a program once. Of any
    other one the rows of a few batches are taken and uploaded at a time. A row depends on its
    number and the epoch alone, so a batch is a function of the seed, the epoch and its number.
    """

    @property
    def rows(self) -> int:
        """The number of rows."""

    def take(self, indices: Indices, /, epoch: int = 0) -> Rows:
        """The rows of some numbers from 0 on, in that order, as they are in an epoch from 1 on.

        Epoch 0 stands for evaluation: nothing in them is random.
        """


@runtime_checkable
class ReadsAhead(Protocol):
    """A dataset that can read rows before they are taken."""

    def expect(self, order: Indices) -> None:
        """Begin to read the rows of some numbers, in the order in which they will be taken."""


def expect(dataset: Dataset, order: Indices) -> None:
    """Tell a dataset in which order its rows will be taken, if it reads ahead."""
    if isinstance(dataset, ReadsAhead):
        dataset.expect(order)


class PreparedDataset(Dataset, Protocol):
    """Prepared rows whose targets are in memory."""

    @property
    def origin(self) -> RowOrigin:
        """Where the rows come from."""

    @property
    def targets(self) -> Values:
        """The prepared targets of all rows."""

    @property
    def metadata(self) -> Arrays:
        """What the rows have besides inputs and targets."""


class LazilyPreparedRows:
    """Raw inputs that are prepared, each row by itself, when they are taken.

    `raw` has the raw inputs and the prepared targets; `prepare` gives the inputs as the network
    gets them.
    """

    def __init__(self, raw: PreparedRows, prepare: Callable[[Values], Values]) -> None:
        self.raw, self.prepare = raw, prepare

    @property
    def rows(self) -> int:
        """The number of rows."""
        return self.raw.rows

    @property
    def origin(self) -> RowOrigin:
        """Where the rows come from."""
        return self.raw.origin

    @property
    def targets(self) -> Values:
        """The prepared targets of all rows."""
        return self.raw.targets

    @property
    def metadata(self) -> Arrays:
        """What the rows have besides inputs and targets."""
        return self.raw.metadata

    def expect(self, order: Indices) -> None:
        """Let the raw rows be read ahead, where they can be."""
        expect(self.raw, order)

    def take(self, indices: Indices, epoch: int = 0) -> Rows:
        """The prepared rows of some numbers."""
        raw = self.raw.take(indices)
        return raw._replace(inputs=self.prepare(raw.inputs))


PreparedRows = Rows | PreparedDataset


class PreparedSplits(NamedTuple):
    """Prepared rows for training, validation and testing."""

    train: PreparedRows
    validation: PreparedRows | None
    test: PreparedRows | None
    refused: tuple[Refusal, ...] = ()  # of the source's rows

    def parts(self) -> list[PreparedRows]:
        """The rows of each part that there is."""
        return [rows for rows in self[:3] if rows is not None]


def in_memory(dataset: Dataset) -> Rows:
    """All rows of a dataset, as they are evaluated."""
    return dataset if isinstance(dataset, Rows) else dataset.take(np.arange(dataset.rows))


def in_chunks(dataset: Dataset, size: int) -> Iterator[Rows]:
    """The rows of a dataset in order, so many at a time, as they are evaluated."""
    for start in range(0, dataset.rows, size):
        yield dataset.take(np.arange(start, min(start + size, dataset.rows)))
