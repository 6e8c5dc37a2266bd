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
from nnspec.backends.torch.processes import SINGLE, Processes
from nnspec.backends.torch.sparse_input_linear import ColumnSelection


class Batch(NamedTuple):
    """Inputs, targets and weights by name, and the columns to read by the layer that reads them.

    They may be those of some rows of a batch of `batch_rows`.
    """

    inputs: Tensors
    targets: Tensors
    weights: Tensors
    columns: Tensors
    batch_rows: int

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(next(iter(self.inputs.values())))

    def part(self, part: BatchPart) -> Batch:
        """A part of the rows, as views; the columns to read are those of the batch."""
        if part.stop - part.start == self.rows:
            return self
        inputs, targets, weights = (
            _part(x, part) for x in (self.inputs, self.targets, self.weights)
        )
        return self._replace(inputs=inputs, targets=targets, weights=weights)


class DeviceRows(NamedTuple):
    """Inputs and targets by name, in the program's dtypes, and the columns to read.

    `weights` (rows) multiply the losses of the outputs that they name.
    """

    inputs: Tensors
    targets: Tensors
    weights: Tensors
    selection: ColumnSelection
    classes: Mapping[str, ClassTargets]  # of targets of which some rows alone are one-hot

    def batches(
        self, batches: Sequence[Indices], device: torch.device, processes: Processes = SINGLE
    ) -> Iterator[Batch]:
        """Yield the rows of each batch, or this process's share of them.

        All row indices are copied to the device at once.
        """
        own = [batch[processes.share(len(batch))] for batch in batches]
        indices = torch.from_numpy(np.concatenate([np.empty(0, np.int64), *own])).to(device)
        parts = indices.split([len(batch) for batch in own])
        selected = self.selection.of_batches(own)
        for rows, batch, columns in zip(parts, batches, selected, strict=True):
            inputs, targets = _rows(self.inputs, rows), _rows(self._targets(batch), rows)
            yield Batch(inputs, targets, _rows(self.weights, rows), columns, len(batch))

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
