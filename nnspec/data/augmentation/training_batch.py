"""What the rule of an augmentation step gets: rows to take, and their random numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from nnspec.backends.arrays import Array, only
from nnspec.backends.contract import Indices
from nnspec.data.dataset import Dataset
from nnspec.data.rows import Rows
from nnspec.randomness.row_noise import RowNoise


class TrainingBatch(NamedTuple):
    """Rows of an epoch, as the steps before leave them, by their numbers in a dataset."""

    source: Dataset
    indices: Indices
    epoch: int
    name: str  # of the input that is changed, where there are several
    noise: RowNoise  # of these rows

    def rows(self) -> Rows:
        """The rows before the step."""
        return self.source.take(self.indices, self.epoch)


def input_of(rows: Rows, name: str) -> Array:
    """An input by its name, or the only one."""
    return rows.inputs[name] if isinstance(rows.inputs, Mapping) else only(rows.inputs)


def with_input(rows: Rows, name: str, array: Array) -> Rows:
    """The rows with another array of an input."""
    if isinstance(rows.inputs, Mapping):
        return rows._replace(inputs={**rows.inputs, name: array})
    return rows._replace(inputs=array)
