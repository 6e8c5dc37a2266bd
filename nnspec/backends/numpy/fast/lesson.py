"""Learning from a batch: forward, the loss, and backward, as one schedule."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from nnspec.backends.base import Indices
from nnspec.backends.numpy.engine import Judge, Placed, Sums
from nnspec.backends.numpy.fast.crew import Crew, Lane
from nnspec.backends.numpy.fast.network import Network
from nnspec.backends.numpy.fast.schedule import Schedule
from nnspec.backends.numpy.fast.update import PieceByPiece


class Lesson:
    """A network in training, for batches of one size."""

    def __init__(self, network: Network, judge: Judge, crew: Crew, updater: PieceByPiece) -> None:
        self.network, self.judge, self.crew = network, judge, crew
        self.sums: list[Sums] = [[] for _ in network.blocks.spans]
        self.schedule = Schedule(len(self.sums))
        self.schedule.together(network.before)
        network.forward(self.schedule)
        self.schedule.add([[partial(self._judge, number) for number in range(len(self.sums))]])
        network.backward(self.schedule)
        self.gradients: list[Lane] = [[gradients.task] for gradients in network.gradients]
        self.updates = updater.following(network.gradients)

    def learn(self, placed: Placed, batch: Indices) -> Sums:
        """The batch's figures; the gradients are in memory afterwards."""
        return self._run(placed, batch, self.gradients)

    def train(self, placed: Placed, batch: Indices) -> Sums:
        """The batch's figures; the weights are updated afterwards."""
        return self._run(placed, batch, self.updates)

    def _run(self, placed: Placed, batch: Indices, last: Sequence[Lane]) -> Sums:
        self.network.feed(placed.inputs, batch)
        self.targets, self.batch = placed.targets, batch
        self.schedule.run(self.crew)
        self.crew.run(last)
        return totals(self.sums)

    def _judge(self, number: int) -> None:
        y, span = self.network.y, self.network.blocks.spans[number]
        targets = self.targets[self.batch[span]]
        outcome = self.judge.outcome(y.by_rows(y.values[number]), targets, len(self.batch))
        self.sums[number] = self.judge.sums(outcome, targets)
        if self.network.learning:
            np.copyto(y.by_rows(y.gradients[number]), outcome.gradient)


def totals(blocks: Sequence[Sums]) -> Sums:
    """The sums over all blocks, added in their order."""
    return [sum(figures) for figures in zip(*blocks, strict=True)]
