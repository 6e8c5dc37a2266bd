"""Upload of rows to a program: all of them once, or those of a few batches at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from nnspec.backends.arrays import NO_ARRAYS, Arrays
from nnspec.backends.contract import Indices, Program
from nnspec.data.dataset import Dataset, expect
from nnspec.data.rows import Rows


class DeviceBatches(NamedTuple):
    """Rows on a program's device, and batches of their numbers there."""

    device_rows: Any
    batches: Sequence[Indices]


class RowUpload(ABC):
    """Puts the rows of batches where a program computes."""

    rows: int  # the number of rows

    @abstractmethod
    def expect(self, batches: Sequence[Indices]) -> None:
        """Begin to read the rows of batches that will be uploaded, in their order."""

    @abstractmethod
    def upload(self, batches: Sequence[Indices], epoch: int = 0) -> DeviceBatches:
        """The rows of batches of row numbers on the device, as they are in an epoch."""


class WholeUpload(RowUpload):
    """All rows, uploaded once."""

    def __init__(self, program: Program, rows: Rows, weights: Arrays) -> None:
        self.rows = rows.rows
        self.device_rows = program.upload(rows.inputs, rows.targets, weights)

    def expect(self, batches: Sequence[Indices]) -> None:
        """Do nothing: all rows are there."""

    def upload(self, batches: Sequence[Indices], epoch: int = 0) -> DeviceBatches:
        """The same rows for any batches and epochs."""
        return DeviceBatches(self.device_rows, batches)


class ChunkUpload(RowUpload):
    """The rows of the given batches alone, numbered anew."""

    def __init__(self, program: Program, dataset: Dataset, weights: Arrays) -> None:
        self.program, self.dataset, self.rows = program, dataset, dataset.rows
        self.weights = weights

    def expect(self, batches: Sequence[Indices]) -> None:
        """Tell the dataset, which may read ahead."""
        expect(self.dataset, np.concatenate(batches))

    def upload(self, batches: Sequence[Indices], epoch: int = 0) -> DeviceBatches:
        """Take the rows of all batches and upload them."""
        chosen = np.concatenate(batches)
        rows = self.dataset.take(chosen, epoch)
        weights = {output: each[chosen] for output, each in self.weights.items()}
        ends = np.cumsum([len(batch) for batch in batches])
        numbers = np.split(np.arange(ends[-1]), ends[:-1])
        return DeviceBatches(self.program.upload(rows.inputs, rows.targets, weights), numbers)


def row_upload(program: Program, dataset: Dataset, weights: Arrays = NO_ARRAYS) -> RowUpload:
    """How a program gets the rows of a dataset: at once if they are in memory.

    `weights` are those of the rows' losses, by the names of outputs.
    """
    if isinstance(dataset, Rows):
        return WholeUpload(program, dataset, weights)
    return ChunkUpload(program, dataset, weights)
