"""The program of the NumPy backend: weights, optimizer state, and the engine that computes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from nnspec.backends.arrays import Array, Arrays
from nnspec.backends.contract import (
    BatchMetrics,
    Indices,
    Program,
    Rates,
    State,
    TrainingSetup,
    Weights,
    require_setup,
    target_dtype,
    value_dtype,
)
from nnspec.backends.host_metrics import HostMetrics
from nnspec.backends.numpy.engine_base import DeviceRows, Engine, MetricSums, OptimizerSlots
from nnspec.backends.numpy.parameters import Parameters, ParameterStore
from nnspec.backends.numpy.reference.engine import ReferenceEngine
from nnspec.components.optimizers.base import NO_SLOTS
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
        self.graph, self.setup, self.compute, self.dtype = graph, setup, compute, compute.dtype
        round_to_float32 = compute.precision == "exact"
        self.native = self.store = ParameterStore(
            graph, self.dtype, compute.seed, round_to_float32=round_to_float32
        )
        self.slots = self._slots(setup)
        self.engine = engine(graph, setup, self.store, self.slots)

    def _slots(self, setup: TrainingSetup | None) -> OptimizerSlots:
        starts = setup.optimizer.state_slots if setup else NO_SLOTS
        shapes = {name: view.shape for name, view in self.store.parameters.views.items()}
        slots = {name: Parameters(shapes, self.dtype) for name in starts}
        for name, start in starts.items():
            slots[name].flat[:] = start
        return slots

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

    def upload_rows(self, inputs: Arrays, targets: Arrays, weights: Arrays) -> DeviceRows:
        """The rows in the types in which the program computes."""
        dtypes = {
            o.output: target_dtype(o, self.dtype) for o in require_setup(self.setup).objectives
        }
        return DeviceRows(
            self._inputs(inputs),
            {name: np.ascontiguousarray(y, dtypes[name]) for name, y in targets.items()},
            {name: np.ascontiguousarray(w, self.dtype) for name, w in weights.items()},
        )

    def train(
        self, device_rows: DeviceRows, batches: Sequence[Indices], rates: Rates | None = None
    ) -> BatchMetrics:
        """Update the weights once per batch; metrics from before each update."""
        setup, step = require_setup(self.setup), self.store.step
        if rates is None:
            rates = [setup.optimizer.rate(step + i) for i in range(len(batches))]
        host = HostMetrics(setup)
        with self.engine.compute_context():
            sums = self.engine.train(device_rows, batches, rates, host)
        return _batch_metrics(setup, batches, sums, host)

    def evaluate(self, device_rows: DeviceRows, batches: Sequence[Indices]) -> BatchMetrics:
        """Losses and metrics of each batch, without training."""
        setup, engine = require_setup(self.setup), self.engine
        host = HostMetrics(setup)
        with engine.compute_context():
            sums = [engine.evaluate(device_rows, batch, host) for batch in batches]
            sums = [engine.add_penalty(s, len(b)) for s, b in zip(sums, batches, strict=True)]
        return _batch_metrics(setup, batches, sums, host)

    def predict_outputs(self, inputs: Arrays) -> dict[str, Array]:
        """Each output of the network."""
        with self.engine.compute_context():
            return self.engine.predict(self._inputs(inputs))

    def gradients(self, device_rows: DeviceRows, batch: Indices) -> Weights:
        """Gradients of the batch's mean loss with respect to all trainable weights."""
        host = HostMetrics(require_setup(self.setup))
        buffers = self.store.buffers.flat.copy()  # a forward pass in training mode updates them
        try:
            with self.engine.compute_context():
                self.engine.penalized_loss_and_gradients(device_rows, batch, host)
        finally:
            self.store.buffers.flat[:] = buffers
        return self.store.gradients.copies()

    def _inputs(self, inputs: Arrays) -> dict[str, Array]:
        """The inputs in the types in which the program reads them."""
        return {
            name: np.ascontiguousarray(x, value_dtype(self.graph, name, self.dtype))
            for name, x in inputs.items()
        }


def _batch_metrics(
    setup: TrainingSetup, batches: Sequence[Indices], sums: Sequence[MetricSums], host: HostMetrics
) -> BatchMetrics:
    names = setup.sum_names
    columns = np.array(sums, dtype=np.float64).reshape(len(batches), len(names)).T
    rows = tuple(map(len, batches))
    return BatchMetrics(rows, dict(zip(names, columns, strict=True)), host.states)
