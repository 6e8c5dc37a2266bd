"""The reference engine: each layer's rule on the whole batch, in one Python thread."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from nnspec.backends.contract import Array, Indices, TrainingSetup, batches_of
from nnspec.backends.numpy.engine_base import DeviceRows, Engine, MetricSums, OptimizerSlots
from nnspec.backends.numpy.evaluation import BatchEvaluator
from nnspec.backends.numpy.optimizers import Updater
from nnspec.backends.numpy.parameters import ParameterStore
from nnspec.backends.numpy.reference.executor import Executor
from nnspec.graph.ir import Graph

PREDICT_ROWS = 256


class ReferenceEngine(Engine):
    """Engine that computes every formula as it is written."""

    def __init__(
        self,
        graph: Graph,
        setup: TrainingSetup | None,
        store: ParameterStore,
        slots: OptimizerSlots,
    ) -> None:
        super().__init__(graph, store)
        self.graph = graph
        self.prediction_network = _cached_networks(graph, store, training=False)
        if setup:
            self.evaluator = BatchEvaluator(graph, setup)
            self.training_network = _cached_networks(
                self.evaluator.training_graph, store, training=True
            )
            self.evaluation_network = _cached_networks(
                self.evaluator.training_graph, store, training=False
            )
            flat_slots = {slot: values.flat for slot, values in slots.items()}
            self.updater = Updater(setup.optimizer, store.parameters, store.gradients, flat_slots)

    def predict(self, inputs: Array) -> Array:
        """Output of the network, computed PREDICT_ROWS rows at a time."""
        portions = [
            self.prediction_network(len(rows)).forward(inputs[rows]).copy()
            for rows in batches_of(len(inputs), PREDICT_ROWS)
        ]
        empty = np.empty((0, *self.graph.output_shape), inputs.dtype)
        return np.concatenate(portions) if portions else empty

    def evaluate(self, device_rows: DeviceRows, batch: Indices) -> MetricSums:
        """Forward pass, then loss and metrics."""
        targets = device_rows.targets[batch]
        outputs = self.evaluation_network(len(batch)).forward(device_rows.inputs[batch])
        return self.evaluator.metric_sums(outputs, targets)

    def loss_and_gradients(self, device_rows: DeviceRows, batch: Indices) -> MetricSums:
        """Forward pass, loss and metrics, backward pass."""
        network, targets = self.training_network(len(batch)), device_rows.targets[batch]
        outputs = network.forward(device_rows.inputs[batch])
        sums = self.evaluator.metric_sums(outputs, targets)
        network.backward(self.evaluator.gradient(outputs, targets, len(batch)))
        return sums

    def update(self) -> None:
        """Update all weights at once."""
        self.updater.update(self.store.step)


def _cached_networks(
    graph: Graph, store: ParameterStore, *, training: bool
) -> Callable[[int], Executor]:
    """Executors by number of rows; two are cached, for full batches and a smaller last one."""

    @lru_cache(maxsize=2)
    def network(rows: int) -> Executor:
        return Executor(graph, store, rows, training)

    return network
