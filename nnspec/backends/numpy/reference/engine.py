"""The reference engine: each layer's rule on the whole batch, in one thread of Python."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from nnspec.backends.contract import Array, Indices, TrainingSetup, batches_of
from nnspec.backends.numpy.engine import DeviceRows, Engine, Slots, Sums
from nnspec.backends.numpy.evaluation import BatchEvaluator
from nnspec.backends.numpy.optimizers import Updater
from nnspec.backends.numpy.parameters import ParameterStore
from nnspec.backends.numpy.reference.executor import Executor
from nnspec.graph.ir import Graph

PREDICT_ROWS = 256


class ReferenceEngine(Engine):
    """Computes every formula as it is written."""

    def __init__(
        self, graph: Graph, setup: TrainingSetup | None, store: ParameterStore, slots: Slots
    ) -> None:
        super().__init__(graph, store)
        self.graph = graph
        self.predictor = _networks(graph, store, training=False)
        if setup:
            self.judge = BatchEvaluator(graph, setup)
            self.learner = _networks(self.judge.body, store, training=True)
            self.evaluator = _networks(self.judge.body, store, training=False)
            flats = {slot: values.flat for slot, values in slots.items()}
            self.updater = Updater(setup.optimizer, store.trained, store.gradients, flats)

    def predict(self, inputs: Array) -> Array:
        """The network's output, computed in portions."""
        portions = [
            self.predictor(len(rows)).forward(inputs[rows]).copy()
            for rows in batches_of(len(inputs), PREDICT_ROWS)
        ]
        empty = np.empty((0, *self.graph.output_shape), inputs.dtype)
        return np.concatenate(portions) if portions else empty

    def evaluate(self, device_rows: DeviceRows, batch: Indices) -> Sums:
        """Forward and the loss."""
        targets = device_rows.targets[batch]
        given = self.evaluator(len(batch)).forward(device_rows.inputs[batch])
        return self.judge.sums(given, targets)

    def learn(self, device_rows: DeviceRows, batch: Indices) -> Sums:
        """Forward, the loss, and backward."""
        network, targets = self.learner(len(batch)), device_rows.targets[batch]
        given = network.forward(device_rows.inputs[batch])
        sums = self.judge.sums(given, targets)
        network.backward(self.judge.gradient(given, targets, len(batch)))
        return sums

    def update(self) -> None:
        """All weights at once."""
        self.updater.update(self.store.step)


def _networks(graph: Graph, store: ParameterStore, *, training: bool) -> Callable[[int], Executor]:
    """Networks by number of rows: that of full batches, and that of a smaller last one."""

    @lru_cache(maxsize=2)
    def network(rows: int) -> Executor:
        return Executor(graph, store, rows, training)

    return network
