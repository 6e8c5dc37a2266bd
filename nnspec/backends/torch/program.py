"""A graph built on PyTorch: its module, and how it is trained and asked."""

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
from nnspec.backends.torch.class_targets import class_indices, reads_classes
from nnspec.backends.torch.device import device_of, reproducible
from nnspec.backends.torch.module import GraphModule, LayerNoise
from nnspec.backends.torch.sparse_input_linear import ColumnSelection
from nnspec.backends.torch.training_step import TrainingStep
from nnspec.compute import ComputeConfig
from nnspec.errors import BackendError
from nnspec.graph.ir import Graph
from nnspec.randomness import layer_noise

PREDICT_ROWS = 256


class DeviceRows(NamedTuple):
    """Rows on the device, in the program's type."""

    inputs: Tensor
    targets: Tensor
    picks: ColumnSelection


class TorchProgram(Program):
    """Trains and predicts with PyTorch; `native` is a `torch.nn.Module`.

    `native(x)` gives the predictions for channels-last rows `x`, (rows, *input_shape).
    """

    native: GraphModule

    def __init__(self, graph: Graph, setup: TrainingSetup | None, compute: ComputeConfig) -> None:
        self.graph, self.setup, self.compute = graph, setup, compute
        self.device = device_of(compute)
        if self.device.type == "cpu":
            keep_freed_memory()
        self.dtype = torch.float32 if compute.precision == "float32" else torch.float64
        body = split_fused_activation(graph, setup.loss)[0] if setup else graph
        self.native = GraphModule(graph, len(body.nodes)).to(self.device, self.dtype).eval()
        self._learner = TrainingStep(self.native, setup, compute.precision) if setup else None
        declared = {node.name: node.layer.noise(*node.input_shapes) for node in graph.nodes}
        self.noises = {name: noise for name, noise in declared.items() if noise}

    @property
    def learner(self) -> TrainingStep:
        """What trains the network."""
        if self._learner is None:
            raise BackendError("a program that was built without a recipe can only predict")
        return self._learner

    def weights(self) -> Weights:
        """Copies of all weights."""
        return {name: held.canonical(held.tensor) for name, held in self.native.held.items()}

    def set_weights(self, weights: Mapping[str, Array]) -> None:
        """Overwrite all weights."""
        for name, held in self.native.held.items():
            held.write(held.tensor, weights[name])

    def state(self) -> State:
        """Updates made, and copies of the slots."""
        return self.learner.updater.state()

    def set_state(self, state: State) -> None:
        """Overwrite the optimizer's state."""
        self.learner.updater.set_state(state)

    def upload(self, inputs: Array, targets: Array) -> DeviceRows:
        """The rows on the device; targets shaped as predictions where they only lack 1s."""
        setup, rows = require_setup(self.setup), self._placed(inputs)
        expected = self._placed(shape_targets(targets, self.graph, setup))
        if reads_classes(self.graph, setup):
            expected = class_indices(expected)
        return DeviceRows(rows, expected, ColumnSelection(self.graph, rows))

    def train(self, device_rows: DeviceRows, batches: Sequence[Indices]) -> BatchMetrics:
        """One update for each batch."""
        learner = self.learner
        with self._learning():
            sums = [
                learner.train(x, y, {**picked, **self._drawn(len(x))})
                for x, y, picked in self._rows(device_rows, batches)
            ]
        return self._collected(batches, sums)

    def evaluate(self, device_rows: DeviceRows, batches: Sequence[Indices]) -> BatchMetrics:
        """The figures without training."""
        learner = self.learner
        with torch.inference_mode(), reproducible():
            sums = [learner.evaluate(*each) for each in self._rows(device_rows, batches)]
        return self._collected(batches, sums)

    def predict(self, inputs: Array) -> Array:
        """The network's output, computed in portions."""
        empty = np.empty((0, *self.graph.output_shape), self.compute.dtype)
        with torch.inference_mode(), reproducible():
            portions = [
                self.native(self._placed(inputs[rows])).cpu().numpy()
                for rows in batches_of(len(inputs), PREDICT_ROWS)
            ]
        return np.concatenate([empty, *portions])

    def gradients(self, device_rows: DeviceRows, batch: Indices) -> Weights:
        """The gradient of the batch's mean loss for each trained weight.

        Running statistics follow every pass in training mode, so the weights are put back.
        """
        before = self.weights()
        with self._learning():
            for x, y, picked in self._rows(device_rows, [batch]):
                gradients = self.learner.gradients(x, y, {**picked, **self._drawn(len(x))})
        self.set_weights(before)
        return gradients

    @contextmanager
    def _learning(self) -> Iterator[None]:
        """In training mode; `native` is left as one that predicts."""
        self.native.train()
        try:
            with torch.enable_grad(), reproducible():
                yield
        finally:
            self.native.eval()

    def _rows(
        self, device_rows: DeviceRows, batches: Sequence[Indices]
    ) -> Iterator[tuple[Tensor, Tensor, LayerNoise]]:
        """Of each batch the inputs, the targets, and which inputs a layer is to read.

        The row numbers reach the device at once.
        """
        rows = torch.from_numpy(np.concatenate([np.empty(0, np.int64), *batches])).to(self.device)
        portions = rows.split([len(batch) for batch in batches])
        for batch, picked in zip(portions, device_rows.picks.by(batches), strict=True):
            x, y = (
                values.index_select(0, batch)
                for values in (device_rows.inputs, device_rows.targets)
            )
            yield x, y, picked

    def _drawn(self, rows: int) -> dict[str, Tensor]:
        """What each random layer draws for the update at hand, in the program's type or as bits."""
        step, seed = self.learner.updater.step, self.compute.seed
        found = {}
        for name, noise in self.noises.items():
            array = layer_noise.draw_noise(noise, rows, seed, name, step)
            typed = array if array.dtype == bool else array.astype(self.compute.dtype)
            found[name] = torch.from_numpy(typed).to(self.device)
        return found

    def _placed(self, rows: Array) -> Tensor:
        array = np.require(rows, self.compute.dtype, ["C", "W"])
        return torch.from_numpy(array).to(self.device)

    def _collected(
        self, batches: Sequence[Indices], sums: Sequence[Sequence[Tensor]]
    ) -> BatchMetrics:
        """The sums of all batches, brought to the host at once."""
        names = self.learner.names
        flat = [figure for batch in sums for figure in batch]
        values = torch.stack(flat).cpu().double().numpy() if flat else np.empty(0)
        columns = values.reshape(len(batches), len(names)).T
        return BatchMetrics(tuple(map(len, batches)), dict(zip(names, columns, strict=True)))
