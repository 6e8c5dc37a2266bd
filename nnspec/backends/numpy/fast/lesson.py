"""Learning from a batch: forward, the loss of each block, and backward, as one schedule."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from nnspec.backends.base import Indices
from nnspec.backends.numpy.engine import Judge, Placed, Sums
from nnspec.backends.numpy.fast.crew import Crew
from nnspec.backends.numpy.fast.network import Network
from nnspec.backends.numpy.fast.schedule import Schedule


class Lesson:
    """A network in training, for batches of one size."""

    def __init__(self, network: Network, judge: Judge, crew: Crew) -> None:
        self.network, self.judge, self.crew = network, judge, crew
        count = len(network.blocks.spans)
        self.sums: list[Sums] = [[] for _ in range(count)]
        self.schedule = Schedule(count)
        self.schedule.together(network.before)
        network.forward(self.schedule)
        self.schedule.add([[partial(self._judge, number) for number in range(count)]])
        network.backward(self.schedule)

    def run(self, placed: Placed, batch: Indices) -> Sums:
        """The batch's figures; the gradients are in memory afterwards."""
        self.network.feed(placed.inputs, batch)
        self.targets, self.batch = placed.targets, batch
        self.schedule.run(self.crew)
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
