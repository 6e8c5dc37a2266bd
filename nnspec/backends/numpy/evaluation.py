"""Losses, metrics and loss gradients of batches of network outputs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array, Arrays
from nnspec.backends.contract import TrainingSetup, device_metrics
from nnspec.backends.fused_losses import fuse_losses
from nnspec.backends.host_metrics import HostMetrics
from nnspec.backends.numpy.engine_base import DeviceRows, MetricSums, sum_metrics
from nnspec.backends.numpy.losses.formula import LossFormula, loss_formula, row_means
from nnspec.backends.numpy.metrics import RowMetric, row_metric
from nnspec.graph.ir import Graph
from nnspec.graph.objectives import Objective


class _OutputEvaluator(NamedTuple):
    """The loss of an output, its weight, and its metrics."""

    formula: LossFormula
    weight: float
    metrics: list[RowMetric]

    @classmethod
    def of(cls, objective: Objective, fused: bool) -> _OutputEvaluator:
        metrics = [row_metric(named.metric) for named in device_metrics(objective)]
        return cls(loss_formula(objective.loss, fused), objective.weight, metrics)

    def gradient(
        self, outputs: Array, targets: Array, weights: Array | None, batch_rows: int
    ) -> Array:
        """Gradient of the weighted mean loss of a batch of `batch_rows` rows."""
        outputs, targets = last_axis_outermost(outputs), last_axis_outermost(targets)
        gradient = self.formula.mean_gradient(outputs, targets, batch_rows)
        if weights is not None:
            factors = weights.reshape(-1, *(1 for _ in gradient.shape[1:]))
            np.multiply(gradient, factors, out=gradient)
        return gradient if self.weight == 1 else gradient * self.weight

    def row_metrics(
        self, outputs: Array, targets: Array, weights: Array | None
    ) -> tuple[Array, list[Array]]:
        """The loss of each row times its weight, and the metrics of each row."""
        outputs, targets = last_axis_outermost(outputs), last_axis_outermost(targets)
        predictions = self.formula.predictions(outputs) if self.metrics else outputs
        losses = row_means(self.formula.elements(outputs, targets))
        weighted = losses if weights is None else losses * weights
        return weighted, [metric(predictions, targets) for metric in self.metrics]


class BatchEvaluator:
    """Evaluates the network's outputs by the objectives of a training setup.

    `training_graph` has the outputs that the losses take, by the names of the objectives' outputs:
    without an activation that the loss computes itself.
    """

    def __init__(self, graph: Graph, setup: TrainingSetup) -> None:
        self.training_graph, activations = fuse_losses(graph, setup)
        self.outputs: Mapping[str, _OutputEvaluator] = {
            objective.output: _OutputEvaluator.of(objective, objective.output in activations)
            for objective in setup.objectives
        }
        self.host_outputs = HostMetrics(setup).outputs

    def gradients(
        self, outputs: Arrays, targets: Arrays, weights: Arrays, batch_rows: int
    ) -> dict[str, Array]:
        """Gradient of a batch's total loss for each output, of some of its `batch_rows` rows."""
        return {
            name: evaluator.gradient(outputs[name], targets[name], weights.get(name), batch_rows)
            for name, evaluator in self.outputs.items()
        }

    def row_metrics(self, outputs: Arrays, targets: Arrays, weights: Arrays) -> list[Array]:
        """The values of `TrainingSetup.sum_names` of each row, one array (rows) each."""
        rows = [
            evaluator.row_metrics(outputs[name], targets[name], weights.get(name))
            for name, evaluator in self.outputs.items()
        ]
        losses = [loss for loss, _ in rows]
        total = reduce(np.add, map(self._weighted, losses, self.outputs.values()))
        metrics = [metric for _, metrics in rows for metric in metrics]
        return [total, *(losses if len(losses) > 1 else ()), *metrics]

    def metric_sums(self, outputs: Arrays, rows: DeviceRows) -> MetricSums:
        """The values of `TrainingSetup.sum_names`, summed over the rows of the outputs."""
        return sum_metrics(self.row_metrics(outputs, rows.targets, rows.weights))

    def evaluate(self, outputs: Arrays, batch: DeviceRows, host: HostMetrics) -> MetricSums:
        """`metric_sums`; hands predictions and targets to the metrics on the host, if any."""
        if host.outputs:
            host.update(self.predictions(outputs), batch.targets)
        return self.metric_sums(outputs, batch)

    def predictions(self, outputs: Arrays) -> dict[str, Array]:
        """The predictions for metrics on the host: outputs after the activation."""
        return {
            name: np.ascontiguousarray(self.outputs[name].formula.predictions(outputs[name]))
            for name in self.host_outputs
        }

    @staticmethod
    def _weighted(losses: Array, evaluator: _OutputEvaluator) -> Array:
        return losses if evaluator.weight == 1 else losses * evaluator.weight


def last_axis_outermost(values: Array) -> Array:
    """The same array with its last axis outermost in memory, so that reductions run over long rows.

    A sum over ten classes of many rows takes a tenth of the time this way.
    """
    axis = values.ndim - 1
    transposed = np.ascontiguousarray(values.transpose(axis, *range(axis)))
    return transposed.transpose(*range(1, axis + 1), 0)
