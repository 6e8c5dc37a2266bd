"""A training step on batches of one size: forward, loss, backward and update in one plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

import numpy as np

from nnspec.backends.contract import Indices, Rates
from nnspec.backends.host_metrics import HostMetrics
from nnspec.backends.numpy.engine_base import DeviceRows, MetricSums, sum_metrics, take_rows
from nnspec.backends.numpy.evaluation import BatchEvaluator
from nnspec.backends.numpy.fast.blocked_update import BlockedUpdater
from nnspec.backends.numpy.fast.executor import Executor
from nnspec.backends.numpy.fast.plan import ExecutionPlan
from nnspec.backends.numpy.fast.threads import Stage

MAX_BUFFERED_OUTPUTS = 1 << 17  # numbers, about, for which metrics are computed at once


class TrainingStep:
    """Trains a network on batches of one size.

    Small NumPy calls are cheaper once for many batches than once per step: targets are gathered
    before, and metrics computed after, up to `max_batches` batches.
    """

    def __init__(
        self, network: Executor, evaluator: BatchEvaluator, updater: BlockedUpdater
    ) -> None:
        self.network, self.evaluator, self.updater = network, evaluator, updater
        self.rows, weights = network.blocks.rows, network.weight_gradients
        plan = ExecutionPlan(len(network.blocks.spans))
        network.plan_forward(plan)
        plan.add_stage([self._loss_gradient])
        network.plan_backward(plan)
        stages: list[Stage] = [*plan.stages, [[task] for task in weights.shared_tasks]]
        final_tasks = weights.final_tasks
        self.gradient_stages = [*stages, [[gradient.task] for gradient in final_tasks]]
        self.training_stages = [*stages, updater.gradient_and_update_chains(final_tasks)]

    @property
    def max_batches(self) -> int:
        """Maximum number of batches per call of `train`."""
        size = sum(prod(y.shape) for y in self.network.outputs.values())
        return max(1, MAX_BUFFERED_OUTPUTS // (self.rows * size))

    def loss_and_gradients(self, device_rows: DeviceRows, batch: Indices) -> Iterator[Stage]:
        """Stages that write the batch's gradients to the store."""
        self._queue_batches(device_rows, [batch])
        yield self._refresh_stage()
        self._next_batch(0, 1.0)
        yield from self.gradient_stages

    def train(
        self, device_rows: DeviceRows, batches: Sequence[Indices], rates: Rates
    ) -> Iterator[Stage]:
        """Stages that update the weights once per batch."""
        self._queue_batches(device_rows, batches)
        yield self._refresh_stage()
        for number, rate in enumerate(rates):
            self.updater.begin_update(rate)
            self._next_batch(number, self.updater.gradient_scale)
            yield from self.training_stages
            if self.updater.end_update():
                yield self._refresh_stage()

    def sums(self, host: HostMetrics) -> list[MetricSums]:
        """Metric sums of each batch of the last call; hands each batch to the host's metrics."""
        metrics = self.evaluator.row_metrics(self.outputs, self.targets, self.weights)
        spans = [slice(i, i + self.rows) for i in range(0, len(metrics[0]), self.rows)]
        for span in spans if host.outputs else ():
            predictions = self.evaluator.predictions(take_rows(self.outputs, span))
            host.update(predictions, take_rows(self.targets, span))
        return [sum_metrics(rows[span] for rows in metrics) for span in spans]

    def _queue_batches(self, device_rows: DeviceRows, batches: Sequence[Indices]) -> None:
        self.network.queue_batches(device_rows.inputs, batches)
        rows = np.concatenate(batches)
        self.targets = take_rows(device_rows.targets, rows)
        self.weights = take_rows(device_rows.weights, rows)
        dtype = self.network.blocks.dtype
        self.outputs = {
            name: np.empty((len(rows), *y.shape), dtype) for name, y in self.network.outputs.items()
        }

    def _refresh_stage(self) -> Stage:
        return [[task] for task in self.network.refresh_tasks]

    def _next_batch(self, number: int, gradient_scale: float) -> None:
        self.network.next_batch()
        span = slice(number * self.rows, (number + 1) * self.rows)
        self.span, self.gradient_scale = span, gradient_scale

    def _loss_gradient(self) -> None:
        """Copy the outputs and write the gradients of the loss, of the whole batch.

        By blocks, these many small calls would only wait for the GIL.
        """
        arrays = self.outputs, self.targets, self.weights
        outputs, targets, weights = (take_rows(each, self.span) for each in arrays)
        for name, y in self.network.outputs.items():
            np.copyto(outputs[name], y.gather(y.values))
        if self.network.values.differentiated:
            gradients = self.evaluator.gradients(outputs, targets, weights, self.rows)
            for gradient in gradients.values():
                np.multiply(gradient, self.gradient_scale, out=gradient)
            self.network.scatter_gradients(gradients)
