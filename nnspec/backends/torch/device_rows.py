"""Rows on the device, and the batches that are taken from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from nnspec.backends.arrays import Array
from nnspec.backends.batch_parts import BatchPart
from nnspec.backends.contract import Indices
from nnspec.backends.torch.class_targets import ClassTargets
from nnspec.backends.torch.execution import Tensors
from nnspec.backends.torch.sparse_input_linear import ColumnSelection


class Batch(NamedTuple):
    """Inputs, targets and weights by name, and the columns to read by the layer that reads them."""

    inputs: Tensors
    targets: Tensors
    weights: Tensors
    columns: Tensors

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(next(iter(self.inputs.values())))

    def part(self, part: BatchPart) -> Batch:
        """A part of the rows, as views; the columns to read are those of the batch."""
        if part.is_whole:
            return self
        inputs, targets, weights = (
            _part(x, part) for x in (self.inputs, self.targets, self.weights)
        )
        return Batch(inputs, targets, weights, self.columns)


class DeviceRows(NamedTuple):
    """Inputs and targets by name, in the program's dtypes, and the columns to read.

    `weights` (rows) multiply the losses of the outputs that they name.
    """

    inputs: Tensors
    targets: Tensors
    weights: Tensors
    selection: ColumnSelection
    classes: Mapping[str, ClassTargets]  # of targets of which some rows alone are one-hot

    def batches(self, batches: Sequence[Indices], device: torch.device) -> Iterator[Batch]:
        """Yield the rows of each batch; all row indices are copied to the device at once."""
        indices = torch.from_numpy(np.concatenate([np.empty(0, np.int64), *batches])).to(device)
        parts = indices.split([len(batch) for batch in batches])
        selected = self.selection.of_batches(batches)
        for batch, rows, columns in zip(parts, batches, selected, strict=True):
            inputs, targets = _rows(self.inputs, batch), _rows(self._targets(rows), batch)
            yield Batch(inputs, targets, _rows(self.weights, batch), columns)

    def _targets(self, rows: Indices) -> Mapping[str, Tensor]:
        """The targets of which a batch of rows is taken: class indices where all have them."""
        if not self.classes:
            return self.targets
        indices = {n: one.indices for n, one in self.classes.items() if one.one_hot[rows].all()}
        return {**self.targets, **indices}


def to_device(rows: Array, dtype: np.dtype[Any], device: torch.device) -> Tensor:
    """Copy an array to the device, as a type."""
    return torch.from_numpy(np.require(rows, dtype, ["C", "W"])).to(device)


def _part(tensors: Tensors, part: BatchPart) -> Tensors:
    return {name: values[part.rows] for name, values in tensors.items()}


def _rows(tensors: Mapping[str, Tensor], batch: Tensor) -> Tensors:
    return {name: values.index_select(0, batch) for name, values in tensors.items()}
