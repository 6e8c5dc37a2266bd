"""The reference engine: each layer's rule on the whole batch, in one Python thread."""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array, Arrays, row_count
from nnspec.backends.contract import (
    PREDICTION_ROWS,
    Indices,
    TrainingSetup,
    batches_of,
    outputs_of_no_rows,
)
from nnspec.backends.host_metrics import HostMetrics
from nnspec.backends.numpy.engine_base import (
    DeviceRows,
    Engine,
    MetricSums,
    OptimizerSlots,
    take_rows,
)
from nnspec.backends.numpy.evaluation import BatchEvaluator
from nnspec.backends.numpy.optimizers.update import Updater
from nnspec.backends.numpy.parameters import ParameterStore
from nnspec.backends.numpy.reference.executor import Executor
from nnspec.graph.ir import Graph


class ReferenceEngine(Engine):
    """Engine that computes every formula as it is written."""

    def __init__(
        self,
        graph: Graph,
        setup: TrainingSetup | None,
        store: ParameterStore,
        slots: OptimizerSlots,
    ) -> None:
        super().__init__(graph, setup, store)
        self.prediction_network = Executor(graph, store, training=False)
        if setup:
            self.evaluator = BatchEvaluator(graph, setup)
            training_graph = self.evaluator.training_graph
            self.training_network = Executor(training_graph, store, training=True)
            self.evaluation_network = Executor(training_graph, store, training=False)
            flat_slots = {slot: values.flat for slot, values in slots.items()}
            self.updater = Updater(setup.optimizer, store.parameters, store.gradients, flat_slots)

    def predict(self, inputs: Arrays) -> dict[str, Array]:
        """Outputs of the network, computed PREDICTION_ROWS rows at a time."""
        portions = [
            self.prediction_network.predict(take_rows(inputs, rows))
            for rows in batches_of(row_count(inputs), PREDICTION_ROWS)
        ]
        empty = outputs_of_no_rows(self.graph, self.store.parameters.flat.dtype)
        return {n: np.concatenate([y, *(each[n] for each in portions)]) for n, y in empty.items()}

    def evaluate(self, device_rows: DeviceRows, batch: Indices, host: HostMetrics) -> MetricSums:
        """Forward pass, then losses and metrics."""
        rows = device_rows.batch(batch)
        outputs = self.evaluation_network.predict(rows.inputs)
        return self.evaluator.evaluate(outputs, rows, host)

    def loss_and_gradients(
        self, device_rows: DeviceRows, batch: Indices, host: HostMetrics
    ) -> MetricSums:
        """Forward pass, losses and metrics, backward pass."""
        rows = device_rows.batch(batch)
        outputs, backward = self.training_network.forward(rows.inputs)
        sums = self.evaluator.evaluate(outputs, rows, host)
        self.store.gradients.flat.fill(0)
        backward(self.evaluator.gradients(outputs, rows.targets, rows.weights, len(batch)))
        return sums

    def update(self, rate: float) -> None:
        """Update all weights at once."""
        self.updater.update(self.store.step, rate)
