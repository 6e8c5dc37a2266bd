"""A graph built on NumPy: weights, an optimizer's state, and an engine that computes."""

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
from nnspec.backends.numpy.engine import DeviceRows, Engine, Slots, Sums
from nnspec.backends.numpy.parameters import Parameters, ParameterStore
from nnspec.backends.numpy.reference.engine import ReferenceEngine
from nnspec.compute import ComputeConfig
from nnspec.graph.ir import Graph

MakeEngine = Callable[[Graph, TrainingSetup | None, ParameterStore, Slots], Engine]


class NumpyProgram(Program):
    """Trains and predicts with NumPy; `native` is the memory of weights and gradients."""

    def __init__(
        self,
        graph: Graph,
        setup: TrainingSetup | None,
        compute: ComputeConfig,
        engine: MakeEngine = ReferenceEngine,
    ) -> None:
        self.graph, self.setup, self.dtype = graph, setup, compute.dtype
        rounds = compute.precision == "exact"
        self.native = self.store = ParameterStore(graph, self.dtype, compute.seed, rounds=rounds)
        self.names = setup.names if setup else ()
        self.slots = self._slots(setup)
        self.engine = engine(graph, setup, self.store, self.slots)

    def _slots(self, setup: TrainingSetup | None) -> Slots:
        shapes = {name: view.shape for name, view in self.store.trained.views.items()}
        names = setup.optimizer.slots if setup else ()
        return {name: Parameters(shapes, self.dtype) for name in names}

    def weights(self) -> Weights:
        """Copies of all weights."""
        return {name: self.store.weight(name).copy() for name, _ in self.graph.weights()}

    def set_weights(self, weights: Mapping[str, Array]) -> None:
        """Overwrite all weights."""
        self.store.trained.fill(weights)
        self.store.kept.fill(weights)

    def state(self) -> State:
        """Updates made, and copies of the slots."""
        return State(
            self.store.step, {slot: values.copies() for slot, values in self.slots.items()}
        )

    def set_state(self, state: State) -> None:
        """Overwrite the optimizer's state."""
        self.store.step = state.step
        for slot, values in self.slots.items():
            values.fill(state.slots[slot])

    def upload(self, inputs: Array, targets: Array) -> DeviceRows:
        """The rows in the program's type; targets shaped as predictions where they only lack 1s."""
        return DeviceRows(
            self._typed(inputs), self._typed(shape_targets(targets, self.graph, self.setup))
        )

    def train(self, device_rows: DeviceRows, batches: Sequence[Indices]) -> BatchMetrics:
        """One update for each batch."""
        with self.engine.at_work():
            sums = self.engine.train(device_rows, batches)
        return self._collected(batches, sums)

    def evaluate(self, device_rows: DeviceRows, batches: Sequence[Indices]) -> BatchMetrics:
        """The figures without training."""
        engine = self.engine
        with engine.at_work():
            sums = [engine.penalized(engine.evaluate(device_rows, b), len(b)) for b in batches]
        return self._collected(batches, sums)

    def predict(self, inputs: Array) -> Array:
        """The network's output."""
        with self.engine.at_work():
            return self.engine.predict(self._typed(inputs))

    def gradients(self, device_rows: DeviceRows, batch: Indices) -> Weights:
        """The gradient of the batch's mean loss for each trained weight."""
        kept = self.store.kept.flat.copy()  # running statistics follow every forward pass
        try:
            with self.engine.at_work():
                self.engine.differentiate(device_rows, batch)
        finally:
            self.store.kept.flat[:] = kept
        return self.store.gradients.copies()

    def _collected(self, batches: Sequence[Indices], sums: Sequence[Sums]) -> BatchMetrics:
        columns = np.array(sums, dtype=np.float64).reshape(len(batches), len(self.names)).T
        return BatchMetrics(tuple(map(len, batches)), dict(zip(self.names, columns, strict=True)))

    def _typed(self, values: Array) -> Array:
        return np.ascontiguousarray(values, dtype=self.dtype)
