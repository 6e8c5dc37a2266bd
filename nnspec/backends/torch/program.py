"""The program of the PyTorch backend: trains, evaluates and predicts with a `GraphModule`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from nnspec.backends import thread_limit
from nnspec.backends.allocator import keep_freed_memory
from nnspec.backends.arrays import Array, Arrays
from nnspec.backends.contract import (
    PREDICTION_ROWS,
    BatchMetrics,
    Indices,
    Program,
    Rates,
    State,
    TrainingSetup,
    Weights,
    batches_of,
    outputs_of_no_rows,
    require_setup,
    target_dtype,
    value_dtype,
)
from nnspec.backends.fused_losses import FusedGraph, fuse_losses
from nnspec.backends.host_metrics import HostMetrics
from nnspec.backends.torch.class_targets import ClassTargets, accepts_class_indices
from nnspec.backends.torch.device import reproducible, select_device
from nnspec.backends.torch.device_rows import DeviceRows, to_device
from nnspec.backends.torch.module import GraphModule
from nnspec.backends.torch.objective import Sums
from nnspec.backends.torch.processes import SINGLE, Processes, sums_over_processes
from nnspec.backends.torch.sparse_input_linear import ColumnSelection
from nnspec.backends.torch.training_step import TrainingStep
from nnspec.compute import ComputeConfig
from nnspec.errors import BackendError
from nnspec.graph.ir import Graph
from nnspec.graph.objectives import Objective
from nnspec.randomness import layer_noise


class TorchProgram(Program):
    """A graph on PyTorch; `native` is a `torch.nn.Module`.

    `native(x)` returns the predictions for channels-last rows `x`, (rows, *input_shape); for
    several inputs and outputs see `GraphModule`.
    """

    native: GraphModule

    def __init__(
        self,
        graph: Graph,
        setup: TrainingSetup | None,
        compute: ComputeConfig,
        processes: Processes = SINGLE,
    ) -> None:
        self.graph, self.setup, self.compute, self.processes = graph, setup, compute, processes
        self.device = select_device(compute)
        if self.device.type == "cpu":
            keep_freed_memory()
            thread_limit.limit_torch(torch)
        dtype = getattr(torch, compute.dtype.name)
        self.native = GraphModule(graph, mixed=compute.is_mixed).to(self.device, dtype).eval()
        self.native.join(processes)
        self.fused = fuse_losses(graph, setup) if setup else FusedGraph(graph, {})
        self._training_step = (
            TrainingStep(self.native, self.fused, setup, compute.precision, processes)
            if setup
            else None
        )
        nodes = self.fused.graph.nodes
        noise = {node.name: node.layer.noise(*node.input_shapes) for node in nodes}
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

    def upload_rows(self, inputs: Arrays, targets: Arrays, weights: Arrays) -> DeviceRows:
        """Copy rows to the device; one-hot targets become class indices where these do."""
        setup, x = require_setup(self.setup), self._upload_inputs(inputs)
        y = {each.output: self._upload_targets(each, targets) for each in setup.objectives}
        classes, dtype = self._class_targets(setup, y), self.compute.dtype
        certain = {name: one.indices for name, one in classes.items() if one.one_hot.all()}
        mixed = {name: one for name, one in classes.items() if name not in certain}
        w = {name: to_device(rows, dtype, self.device) for name, rows in weights.items()}
        return DeviceRows(x, {**y, **certain}, w, ColumnSelection(self.fused.graph, x), mixed)

    def train(
        self, device_rows: DeviceRows, batches: Sequence[Indices], rates: Rates | None = None
    ) -> BatchMetrics:
        """Make one update for each batch; return the metrics from before each update."""
        step, host = self.training_step, self._host_metrics()
        chosen: Sequence[float | None] = [None] * len(batches) if rates is None else rates
        with self._training_mode():
            tensors = device_rows.batches(batches, self.device, self.processes)
            sums = [
                step.train(batch, self._noise(len(rows)), host, rate)
                for batch, rows, rate in zip(tensors, batches, chosen, strict=True)
            ]
        return self._to_host(batches, sums, host)

    def evaluate(self, device_rows: DeviceRows, batches: Sequence[Indices]) -> BatchMetrics:
        """Compute the metrics of each batch without training."""
        step, host = self.training_step, self._host_metrics()
        with torch.inference_mode(), reproducible():
            tensors = device_rows.batches(batches, self.device, self.processes)
            sums = [step.evaluate(batch, host) for batch in tensors]
        return self._to_host(batches, sums, host)

    def predict_outputs(self, inputs: Arrays) -> dict[str, Array]:
        """Compute the network's outputs, in chunks of rows."""
        rows = len(next(iter(inputs.values())))
        with torch.inference_mode(), reproducible():
            chunks = [
                self._predict_chunk({name: array[chunk] for name, array in inputs.items()})
                for chunk in batches_of(rows, PREDICTION_ROWS)
            ]
        empty = outputs_of_no_rows(self.graph, self.compute.dtype)
        return {n: np.concatenate([y, *(chunk[n] for chunk in chunks)]) for n, y in empty.items()}

    def gradients(self, device_rows: DeviceRows, batch: Indices) -> Weights:
        """Compute the gradient of the batch's total loss for each trained weight.

        A forward pass in training mode updates running statistics; so all weights are restored.
        """
        before = self.weights()
        with self._training_mode():
            (tensors,) = device_rows.batches([batch], self.device, self.processes)
            noise, host = self._noise(len(batch)), self._host_metrics()
            gradients = self.training_step.gradients(tensors, noise, host)
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

    def _host_metrics(self) -> HostMetrics:
        return HostMetrics(require_setup(self.setup))

    def _noise(self, rows: int) -> dict[str, Tensor]:
        """Noise of each noise layer for the current update, in the program's dtype or boolean.

        It is that of this process's share of the batch's rows.
        """
        step, seed, share = self.training_step.updater.step, self.compute.seed, self.processes.share
        tensors = {}
        for name, declared in self.declared_noise.items():
            array = layer_noise.draw_noise(declared, rows, seed, name, step, share(rows))
            dtype = array.dtype if array.dtype == bool else self.compute.dtype
            tensors[name] = to_device(array, dtype, self.device)
        return tensors

    def _upload_inputs(self, inputs: Arrays) -> dict[str, Tensor]:
        dtypes = {name: value_dtype(self.graph, name, self.compute.dtype) for name in inputs}
        return {name: to_device(rows, dtypes[name], self.device) for name, rows in inputs.items()}

    def _upload_targets(self, objective: Objective, targets: Arrays) -> Tensor:
        name, dtype = objective.output, target_dtype(objective, self.compute.dtype)
        return to_device(targets[name], dtype, self.device)

    def _class_targets(
        self, setup: TrainingSetup, targets: Mapping[str, Tensor]
    ) -> dict[str, ClassTargets]:
        """The class indices of the outputs whose losses and metrics take them."""
        shapes = {
            o.output: self.graph.specs[self.graph.outputs[o.output]].shape for o in setup.objectives
        }
        return {
            o.output: ClassTargets.of(targets[o.output])
            for o in setup.objectives
            if accepts_class_indices(o, shapes[o.output], o.output in self.fused.activations)
        }

    def _predict_chunk(self, inputs: Arrays) -> dict[str, Array]:
        outputs = self.native.execution(self._upload_inputs(inputs))
        return {name: output.cpu().numpy() for name, output in outputs.items()}

    def _to_host(
        self, batches: Sequence[Indices], sums: Sequence[Sums], host: HostMetrics
    ) -> BatchMetrics:
        """Copy the sums of all batches, over all processes, to the host at once."""
        names = require_setup(self.setup).sum_names
        totals = sums_over_processes(self.processes, [total for batch in sums for total in batch])
        columns = totals.cpu().double().numpy().reshape(len(batches), len(names)).T
        by_name = dict(zip(names, columns, strict=True))
        states = host.states
        if host.outputs and self.processes.size > 1:
            states = HostMetrics.merged(self.processes.gather(states))
        return BatchMetrics(tuple(map(len, batches)), by_name, states)
