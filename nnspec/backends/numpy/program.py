"""The program of the NumPy backend: weights, optimizer state, and the engine that computes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from nnspec.backends.contract import (
    Array,
    BatchMetrics,
    Indices,
    Program,
    State,
    TrainingSetup,
    Weights,
    shape_targets,
)
from nnspec.backends.numpy.engine_base import DeviceRows, Engine, MetricSums, OptimizerSlots
from nnspec.backends.numpy.parameters import Parameters, ParameterStore
from nnspec.backends.numpy.reference.engine import ReferenceEngine
from nnspec.compute import ComputeConfig
from nnspec.graph.ir import Graph

EngineFactory = Callable[[Graph, TrainingSetup | None, ParameterStore, OptimizerSlots], Engine]


class NumpyProgram(Program):
    """Program that trains and predicts with NumPy; `native` is its parameter store."""

    def __init__(
        self,
        graph: Graph,
        setup: TrainingSetup | None,
        compute: ComputeConfig,
        engine: EngineFactory = ReferenceEngine,
    ) -> None:
        self.graph, self.setup, self.dtype = graph, setup, compute.dtype
        round_to_float32 = compute.precision == "exact"
        self.native = self.store = ParameterStore(
            graph, self.dtype, compute.seed, round_to_float32=round_to_float32
        )
        self.metric_names = setup.names if setup else ()
        self.slots = self._slots(setup)
        self.engine = engine(graph, setup, self.store, self.slots)

    def _slots(self, setup: TrainingSetup | None) -> OptimizerSlots:
        shapes = {name: view.shape for name, view in self.store.parameters.views.items()}
        names = setup.optimizer.slots if setup else ()
        return {name: Parameters(shapes, self.dtype) for name in names}

    def weights(self) -> Weights:
        """Copies of all weights."""
        return {name: self.store.weight(name).copy() for name, _ in self.graph.weights()}

    def set_weights(self, weights: Mapping[str, Array]) -> None:
        """Overwrite all weights."""
        self.store.parameters.fill(weights)
        self.store.buffers.fill(weights)

    def state(self) -> State:
        """Number of updates made, and copies of the slots."""
        return State(
            self.store.step, {slot: values.copies() for slot, values in self.slots.items()}
        )

    def set_state(self, state: State) -> None:
        """Overwrite the optimizer's state."""
        self.store.step = state.step
        for slot, values in self.slots.items():
            values.fill(state.slots[slot])

    def upload(self, inputs: Array, targets: Array) -> DeviceRows:
        """The rows in the program's dtype; targets get the predictions' shape up to axes of 1."""
        return DeviceRows(
            self._as_dtype(inputs), self._as_dtype(shape_targets(targets, self.graph, self.setup))
        )

    def train(self, device_rows: DeviceRows, batches: Sequence[Indices]) -> BatchMetrics:
        """Update the weights once per batch; metrics from before each update."""
        with self.engine.compute_context():
            sums = self.engine.train(device_rows, batches)
        return self._batch_metrics(batches, sums)

    def evaluate(self, device_rows: DeviceRows, batches: Sequence[Indices]) -> BatchMetrics:
        """Loss and metrics of each batch, without training."""
        engine = self.engine
        with engine.compute_context():
            sums = [engine.add_penalty(engine.evaluate(device_rows, b), len(b)) for b in batches]
        return self._batch_metrics(batches, sums)

    def predict(self, inputs: Array) -> Array:
        """The network's output."""
        with self.engine.compute_context():
            return self.engine.predict(self._as_dtype(inputs))

    def gradients(self, device_rows: DeviceRows, batch: Indices) -> Weights:
        """Gradients of the batch's mean loss with respect to all trainable weights."""
        buffers = self.store.buffers.flat.copy()  # a forward pass in training mode updates them
        try:
            with self.engine.compute_context():
                self.engine.penalized_loss_and_gradients(device_rows, batch)
        finally:
            self.store.buffers.flat[:] = buffers
        return self.store.gradients.copies()

    def _batch_metrics(
        self, batches: Sequence[Indices], sums: Sequence[MetricSums]
    ) -> BatchMetrics:
        columns = np.array(sums, dtype=np.float64).reshape(len(batches), len(self.metric_names)).T
        return BatchMetrics(
            tuple(map(len, batches)), dict(zip(self.metric_names, columns, strict=True))
        )

    def _as_dtype(self, values: Array) -> Array:
        return np.ascontiguousarray(values, dtype=self.dtype)
