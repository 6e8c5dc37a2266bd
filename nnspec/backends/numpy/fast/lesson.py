"""Learning from a batch: forward, the loss, and backward, as one schedule."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnspec.backends.base import Indices
from nnspec.backends.numpy.engine import Judge, Placed, Sums
from nnspec.backends.numpy.fast.crew import Crew, Stage
from nnspec.backends.numpy.fast.network import Network
from nnspec.backends.numpy.fast.schedule import Schedule
from nnspec.backends.numpy.fast.update import PieceByPiece


class Lesson:
    """A network in training, for batches of one size."""

    def __init__(self, network: Network, judge: Judge, crew: Crew, updater: PieceByPiece) -> None:
        self.network, self.judge, self.crew, self.updater = network, judge, crew, updater
        self.factor, self.sums = 1.0, list[float]()
        schedule = Schedule(len(network.blocks.spans))
        network.learn(schedule)
        schedule.together([self._judge])
        network.backward(schedule)
        gradients: Stage = [[gradients.task] for gradients in network.gradients]
        self.learning = [*schedule.stages, gradients]
        self.training = [*schedule.stages, updater.following(network.gradients)]

    def learn(self, placed: Placed, batch: Indices) -> Sums:
        """The batch's figures; the gradients are in memory afterwards."""
        self.factor = 1.0
        return self._run(placed, batch, self.learning)

    def train(self, placed: Placed, batch: Indices) -> Sums:
        """The batch's figures; the weights are updated afterwards."""
        self.factor = self.updater.factor
        return self._run(placed, batch, self.training)

    def _run(self, placed: Placed, batch: Indices, stages: Sequence[Stage]) -> Sums:
        self.network.feed(placed.inputs, batch)
        self.targets, self.batch = placed.targets, batch
        self.crew.run(stages)
        return self.sums

    def _judge(self) -> None:
        """All rows at once: these are many small functions, which threads would get in turn."""
        network, targets = self.network, self.targets[self.batch]
        outcome = self.judge.outcome(network.y.collect(network.y.values), targets, len(targets))
        self.sums = self.judge.sums(outcome, targets)
        if network.learning:
            np.multiply(outcome.gradient, self.factor, out=outcome.gradient)
            network.y.hand_out(outcome.gradient, network.y.gradients)
