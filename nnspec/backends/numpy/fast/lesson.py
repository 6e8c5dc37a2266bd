"""Learning from a batch: forward, the loss, and backward, as one schedule."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnspec.backends.base import Indices
from nnspec.backends.numpy.engine import Judge, Placed, Sums
from nnspec.backends.numpy.fast.crew import Stage
from nnspec.backends.numpy.fast.network import Network
from nnspec.backends.numpy.fast.schedule import Schedule
from nnspec.backends.numpy.fast.update import PieceByPiece


class Lesson:
    """A network in training, for batches of one size."""

    def __init__(self, network: Network, judge: Judge, updater: PieceByPiece) -> None:
        self.network, self.judge, self.updater = network, judge, updater
        self.sums: Sums = []  # of the last batch
        schedule = Schedule(len(network.blocks.spans))
        network.learn(schedule)
        schedule.together([self._judge])
        network.backward(schedule)
        gradients: Stage = [[gradients.task] for gradients in network.gradients]
        self.learning = [*schedule.stages, gradients]
        self.training = [*schedule.stages, updater.following(network.gradients)]

    def learn(self, placed: Placed, batch: Indices) -> Sequence[Stage]:
        """Stages that measure the batch; the gradients are in memory afterwards."""
        self._feed(placed, batch, 1.0)
        return self.learning

    def train(self, placed: Placed, batch: Indices) -> Sequence[Stage]:
        """Stages that measure the batch and update the weights."""
        self._feed(placed, batch, self.updater.factor)
        return self.training

    def _feed(self, placed: Placed, batch: Indices, factor: float) -> None:
        self.network.feed(placed.inputs, batch)
        self.targets, self.batch, self.factor = placed.targets, batch, factor

    def _judge(self) -> None:
        """All rows at once: these are many small functions, which threads would get in turn."""
        network, targets = self.network, self.targets[self.batch]
        outcome = self.judge.outcome(network.y.collect(network.y.values), targets, len(targets))
        self.sums = self.judge.sums(outcome, targets)
        if network.learning:
            np.multiply(outcome.gradient, self.factor, out=outcome.gradient)
            network.y.hand_out(outcome.gradient, network.y.gradients)
