"""Learning from batches: forward, the loss, and backward, as one schedule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

import numpy as np

from nnspec.backends.contract import Indices
from nnspec.backends.numpy.engine import DeviceRows, Sums, total
from nnspec.backends.numpy.evaluation import BatchEvaluator
from nnspec.backends.numpy.fast.blocked_update import BlockedUpdater
from nnspec.backends.numpy.fast.executor import Executor
from nnspec.backends.numpy.fast.plan import ExecutionPlan
from nnspec.backends.numpy.fast.threads import Stage

MOST = 1 << 17  # numbers of a network's output that are kept for many batches, about


class TrainingStep:
    """A network in training, for batches of one size.

    Many small functions cost a step more when it calls them than when they are called once for
    many batches: so targets are fetched before, and figures measured afterwards.
    """

    def __init__(self, network: Executor, judge: BatchEvaluator, updater: BlockedUpdater) -> None:
        self.network, self.judge, self.updater = network, judge, updater
        self.rows = network.blocks.rows
        schedule = ExecutionPlan(len(network.blocks.spans))
        network.forward(schedule)
        schedule.together([self._judge])
        network.backward(schedule)
        gradients: Stage = [[gradients.task] for gradients in network.gradients]
        self.learning = [*schedule.stages, gradients]
        self.training = [*schedule.stages, updater.following(network.gradients)]

    @property
    def most(self) -> int:
        """How many batches are best trained by one call."""
        return max(1, MOST // (self.rows * prod(self.network.y.shape)))

    def learn(self, device_rows: DeviceRows, batch: Indices) -> Iterator[Stage]:
        """Stages after which the batch's gradients are in memory."""
        self._expect(device_rows, [batch])
        yield self._renewals()
        self._begin(0, 1.0)
        yield from self.learning

    def train(self, device_rows: DeviceRows, batches: Sequence[Indices]) -> Iterator[Stage]:
        """Stages that update the weights by one batch after the other."""
        self._expect(device_rows, batches)
        yield self._renewals()
        for number in range(len(batches)):
            self.updater.begin()
            self._begin(number, self.updater.factor)
            yield from self.training
            if self.updater.end():
                yield self._renewals()

    def sums(self) -> list[Sums]:
        """The figures of all batches."""
        figures = self.judge.figures(self.given, self.targets)
        starts = range(0, len(self.given), self.rows)
        return [total(rows[start : start + self.rows] for rows in figures) for start in starts]

    def _expect(self, device_rows: DeviceRows, batches: Sequence[Indices]) -> None:
        self.network.expect(device_rows.inputs, batches)
        self.targets = device_rows.targets[np.concatenate(batches)]
        self.given = np.empty((len(self.targets), *self.network.y.shape), self.targets.dtype)

    def _renewals(self) -> Stage:
        return [[task] for task in self.network.renewals]

    def _begin(self, number: int, factor: float) -> None:
        self.network.begin()
        self.span, self.factor = slice(number * self.rows, (number + 1) * self.rows), factor

    def _judge(self) -> None:
        """All rows at once: these are many small functions, which threads would get in turn."""
        y, given = self.network.y, self.given[self.span]
        np.copyto(given, y.gather(y.values))
        if self.network.learning:
            gradient = self.judge.gradient(given, self.targets[self.span], self.rows)
            np.multiply(gradient, self.factor, out=gradient)
            y.scatter(gradient, y.gradients)
