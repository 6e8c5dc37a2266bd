"""The base class of the NumPy engines, and what they exchange with the program."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

import numpy as np

from nnspec.backends.contract import Array, Indices
from nnspec.backends.numpy.parameters import Memory, Parameters
from nnspec.backends.numpy.regularizers import Penalty
from nnspec.graph.ir import Graph

Sums = list[float]  # over rows: the loss, then the metrics
Slots = dict[str, Parameters]


class Placed(NamedTuple):
    """Rows in the program's type."""

    inputs: Array
    targets: Array


class Engine(ABC):
    """Runs one graph, with the weights and gradients of one memory."""

    def __init__(self, graph: Graph, memory: Memory) -> None:
        self.memory, self.penalty = memory, Penalty(graph, memory)

    def at_work(self) -> AbstractContextManager[object]:
        """The context in which everything else is to be called."""
        return nullcontext()

    def train(self, placed: Placed, batches: Sequence[Indices]) -> list[Sums]:
        """One update for each batch; its figures as they were before."""
        return [self._step(placed, batch) for batch in batches]

    def differentiate(self, placed: Placed, batch: Indices) -> Sums:
        """A batch's figures; the gradients, the penalty's among them, are in memory afterwards."""
        sums = self.penalized(self.learn(placed, batch), len(batch))
        self.penalty.add_gradients()
        return sums

    def penalized(self, sums: Sums, rows: int) -> Sums:
        """The penalty counts once for each row."""
        return [sums[0] + rows * self.penalty.value(), *sums[1:]]

    def _step(self, placed: Placed, batch: Indices) -> Sums:
        sums = self.differentiate(placed, batch)
        self.update()
        self.memory.advance()
        return sums

    @abstractmethod
    def predict(self, inputs: Array) -> Array:
        """The network's output for rows of inputs."""

    @abstractmethod
    def evaluate(self, placed: Placed, batch: Indices) -> Sums:
        """A batch's figures, without the penalty on weights."""

    @abstractmethod
    def learn(self, placed: Placed, batch: Indices) -> Sums:
        """The same, and their gradients are in memory afterwards."""

    @abstractmethod
    def update(self) -> None:
        """Change the weights by the gradients, which may be overwritten."""


def total(figures: Iterable[Array]) -> Sums:
    """Figures of rows, added up."""
    return [float(np.add.reduce(rows, dtype=np.float64)) for rows in figures]
