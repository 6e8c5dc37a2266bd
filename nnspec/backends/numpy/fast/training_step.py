"""A training step on batches of one size: forward, loss, backward and update in one plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

import numpy as np

from nnspec.backends.contract import Indices
from nnspec.backends.numpy.engine_base import DeviceRows, MetricSums, sum_metrics
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
        self.rows = network.blocks.rows
        plan = ExecutionPlan(len(network.blocks.spans))
        network.plan_forward(plan)
        plan.add_stage([self._loss_gradient])
        network.plan_backward(plan)
        gradients: Stage = [[gradient.task] for gradient in network.gradient_tasks]
        self.gradient_stages = [*plan.stages, gradients]
        self.training_stages = [
            *plan.stages,
            updater.gradient_and_update_chains(network.gradient_tasks),
        ]

    @property
    def max_batches(self) -> int:
        """Maximum number of batches per call of `train`."""
        return max(1, MAX_BUFFERED_OUTPUTS // (self.rows * prod(self.network.y.shape)))

    def loss_and_gradients(self, device_rows: DeviceRows, batch: Indices) -> Iterator[Stage]:
        """Stages that write the batch's gradients to the store."""
        self._queue_batches(device_rows, [batch])
        yield self._refresh_stage()
        self._next_batch(0, 1.0)
        yield from self.gradient_stages

    def train(self, device_rows: DeviceRows, batches: Sequence[Indices]) -> Iterator[Stage]:
        """Stages that update the weights once per batch."""
        self._queue_batches(device_rows, batches)
        yield self._refresh_stage()
        for number in range(len(batches)):
            self.updater.begin_update()
            self._next_batch(number, self.updater.gradient_scale)
            yield from self.training_stages
            if self.updater.end_update():
                yield self._refresh_stage()

    def sums(self) -> list[MetricSums]:
        """Metric sums of each batch of the last call."""
        metrics = self.evaluator.row_metrics(self.outputs, self.targets)
        starts = range(0, len(self.outputs), self.rows)
        return [
            sum_metrics(rows[start : start + self.rows] for rows in metrics) for start in starts
        ]

    def _queue_batches(self, device_rows: DeviceRows, batches: Sequence[Indices]) -> None:
        self.network.queue_batches(device_rows.inputs, batches)
        self.targets = device_rows.targets[np.concatenate(batches)]
        self.outputs = np.empty((len(self.targets), *self.network.y.shape), self.targets.dtype)

    def _refresh_stage(self) -> Stage:
        return [[task] for task in self.network.refresh_tasks]

    def _next_batch(self, number: int, gradient_scale: float) -> None:
        self.network.next_batch()
        span = slice(number * self.rows, (number + 1) * self.rows)
        self.span, self.gradient_scale = span, gradient_scale

    def _loss_gradient(self) -> None:
        """Copy the outputs and write the loss gradient, of the whole batch.

        By blocks, these many small calls would only wait for the GIL.
        """
        y, outputs = self.network.y, self.outputs[self.span]
        np.copyto(outputs, y.gather(y.values))
        if self.network.backward_kernels:
            gradient = self.evaluator.gradient(outputs, self.targets[self.span], self.rows)
            np.multiply(gradient, self.gradient_scale, out=gradient)
            y.scatter(gradient, y.gradients)
