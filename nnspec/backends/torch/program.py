"""The program of the PyTorch backend: trains, evaluates and predicts with a `GraphModule`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from nnspec.backends.allocator import keep_freed_memory
from nnspec.backends.contract import (
    Array,
    BatchMetrics,
    Indices,
    Program,
    State,
    TrainingSetup,
    Weights,
    batches_of,
    require_setup,
    shape_targets,
    split_fused_activation,
)
from nnspec.backends.torch.class_targets import accepts_class_indices, to_class_indices
from nnspec.backends.torch.device import reproducible, select_device
from nnspec.backends.torch.module import GraphModule, LayerInputs
from nnspec.backends.torch.sparse_input_linear import ColumnSelection
from nnspec.backends.torch.training_step import TrainingStep
from nnspec.compute import ComputeConfig
from nnspec.errors import BackendError
from nnspec.graph.ir import Graph
from nnspec.randomness import layer_noise

PREDICT_BATCH_ROWS = 256


class DeviceRows(NamedTuple):
    """Inputs and targets on the device, in the program's dtype, and the columns to read."""

    inputs: Tensor
    targets: Tensor
    selection: ColumnSelection


class TorchProgram(Program):
    """A graph on PyTorch; `native` is a `torch.nn.Module`.

    `native(x)` returns the predictions for channels-last rows `x`, (rows, *input_shape).
    """

    native: GraphModule

    def __init__(self, graph: Graph, setup: TrainingSetup | None, compute: ComputeConfig) -> None:
        self.graph, self.setup, self.compute = graph, setup, compute
        self.device = select_device(compute)
        if self.device.type == "cpu":
            keep_freed_memory()
        self.dtype = torch.float32 if compute.precision == "float32" else torch.float64
        body = split_fused_activation(graph, setup.loss)[0] if setup else graph
        self.native = GraphModule(graph, len(body.nodes)).to(self.device, self.dtype).eval()
        self._training_step = TrainingStep(self.native, setup, compute.precision) if setup else None
        noise = {node.name: node.layer.noise(*node.input_shapes) for node in graph.nodes}
        self.declared_noise = {name: each for name, each in noise.items() if each}

    @property
    def training_step(self) -> TrainingStep:
        """The training step; raises BackendError if the program was built without a setup."""
        if self._training_step is None:
            raise BackendError("a program that was built without a training setup can only predict")
        return self._training_step

    def weights(self) -> Weights:
        """Copies of all weights."""
        bound_weights = self.native.bound_weights.items()
        return {name: bound.canonical(bound.tensor) for name, bound in bound_weights}

    def set_weights(self, weights: Mapping[str, Array]) -> None:
        """Overwrite all weights."""
        for name, bound in self.native.bound_weights.items():
            bound.write(bound.tensor, weights[name])

    def state(self) -> State:
        """The number of updates made, and copies of the slots."""
        return self.training_step.updater.state()

    def set_state(self, state: State) -> None:
        """Overwrite the optimizer's state."""
        self.training_step.updater.set_state(state)

    def upload(self, inputs: Array, targets: Array) -> DeviceRows:
        """Copy rows to the device; axes of size 1 are added to or dropped from the targets."""
        setup, x = require_setup(self.setup), self._to_device(inputs)
        y = self._to_device(shape_targets(targets, self.graph, setup))
        if accepts_class_indices(self.graph, setup):
            y = to_class_indices(y)
        return DeviceRows(x, y, ColumnSelection(self.graph, x))

    def train(self, device_rows: DeviceRows, batches: Sequence[Indices]) -> BatchMetrics:
        """Make one update for each batch; return the metrics from before each update."""
        training_step = self.training_step
        with self._training_mode():
            sums = [
                training_step.train(x, y, {**columns, **self._noise(len(x))})
                for x, y, columns in self._batch_tensors(device_rows, batches)
            ]
        return self._to_host(batches, sums)

    def evaluate(self, device_rows: DeviceRows, batches: Sequence[Indices]) -> BatchMetrics:
        """Compute the metrics of each batch without training."""
        training_step = self.training_step
        with torch.inference_mode(), reproducible():
            sums = [
                training_step.evaluate(*each) for each in self._batch_tensors(device_rows, batches)
            ]
        return self._to_host(batches, sums)

    def predict(self, inputs: Array) -> Array:
        """Compute the network's output, in chunks of rows."""
        empty = np.empty((0, *self.graph.output_shape), self.compute.dtype)
        with torch.inference_mode(), reproducible():
            chunks = [
                self.native(self._to_device(inputs[rows])).cpu().numpy()
                for rows in batches_of(len(inputs), PREDICT_BATCH_ROWS)
            ]
        return np.concatenate([empty, *chunks])

    def gradients(self, device_rows: DeviceRows, batch: Indices) -> Weights:
        """Compute the gradient of the batch's mean loss for each trained weight.

        A forward pass in training mode updates running statistics; so all weights are restored.
        """
        before = self.weights()
        with self._training_mode():
            for x, y, columns in self._batch_tensors(device_rows, [batch]):
                gradients = self.training_step.gradients(x, y, {**columns, **self._noise(len(x))})
        self.set_weights(before)
        return gradients

    @contextmanager
    def _training_mode(self) -> Iterator[None]:
        """Put `native` in training mode, and back in evaluation mode afterwards."""
        self.native.train()
        try:
            with torch.enable_grad(), reproducible():
                yield
        finally:
            self.native.eval()

    def _batch_tensors(
        self, device_rows: DeviceRows, batches: Sequence[Indices]
    ) -> Iterator[tuple[Tensor, Tensor, LayerInputs]]:
        """Yield the inputs, the targets and the selected columns of each batch.

        All row indices are copied to the device at once.
        """
        indices = torch.from_numpy(np.concatenate([np.empty(0, np.int64), *batches])).to(
            self.device
        )
        parts = indices.split([len(batch) for batch in batches])
        for batch, columns in zip(parts, device_rows.selection.of_batches(batches), strict=True):
            x, y = (
                values.index_select(0, batch)
                for values in (device_rows.inputs, device_rows.targets)
            )
            yield x, y, columns

    def _noise(self, rows: int) -> dict[str, Tensor]:
        """Noise of each noise layer for the current update, in the program's dtype or boolean."""
        step, seed = self.training_step.updater.step, self.compute.seed
        tensors = {}
        for name, declared in self.declared_noise.items():
            array = layer_noise.draw_noise(declared, rows, seed, name, step)
            typed = array if array.dtype == bool else array.astype(self.compute.dtype)
            tensors[name] = torch.from_numpy(typed).to(self.device)
        return tensors

    def _to_device(self, rows: Array) -> Tensor:
        array = np.require(rows, self.compute.dtype, ["C", "W"])
        return torch.from_numpy(array).to(self.device)

    def _to_host(
        self, batches: Sequence[Indices], sums: Sequence[Sequence[Tensor]]
    ) -> BatchMetrics:
        """Copy the sums of all batches to the host at once."""
        names = self.training_step.names
        flat = [total for batch in sums for total in batch]
        values = torch.stack(flat).cpu().double().numpy() if flat else np.empty(0)
        columns = values.reshape(len(batches), len(names)).T
        return BatchMetrics(tuple(map(len, batches)), dict(zip(names, columns, strict=True)))
