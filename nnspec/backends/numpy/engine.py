"""What computes for a NumPy program: the plain rules, or the fast kernels."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

import numpy as np

from nnspec.backends.base import Array, Indices, Recipe, split_head
from nnspec.backends.numpy.losses import formula_of, row_means
from nnspec.backends.numpy.metrics import per_row
from nnspec.backends.numpy.penalty import Penalty
from nnspec.backends.numpy.workspace import Memory, Parameters
from nnspec.graph import Graph

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


class Judge:
    """Measures what a network gives by the recipe's loss and metrics."""

    def __init__(self, graph: Graph, recipe: Recipe) -> None:
        self.body, head = split_head(graph, recipe.loss)  # what the network is to compute
        self.formula = formula_of(recipe.loss, head is not None)
        self.metrics = [per_row(metric) for metric in recipe.metrics]

    def gradient(self, given: Array, targets: Array, rows: int) -> Array:
        """The gradient of the mean loss of a batch with so many rows, for some of them."""
        return self.formula.mean_gradient(apart(given), apart(targets), rows)

    def figures(self, given: Array, targets: Array) -> list[Array]:
        """The loss and the metrics of each row."""
        given, targets = apart(given), apart(targets)
        predictions = self.formula.predictions(given) if self.metrics else given
        losses = row_means(self.formula.elements(given, targets))
        return [losses, *(metric(predictions, targets) for metric in self.metrics)]

    def sums(self, given: Array, targets: Array) -> Sums:
        """The figures over some rows."""
        return total(self.figures(given, targets))


def apart(values: Array) -> Array:
    """The same numbers with the last axis as the slowest: what runs along it then takes long rows.

    To add up ten classes of many rows takes a tenth of the time so.
    """
    last = values.ndim - 1
    moved = np.ascontiguousarray(values.transpose(last, *range(last)))
    return moved.transpose(*range(1, last + 1), 0)


def total(figures: Iterable[Array]) -> Sums:
    """Figures of rows, added up."""
    return [float(np.add.reduce(rows, dtype=np.float64)) for rows in figures]
