"""What computes for a NumPy program: the plain rules, or the fast kernels."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np

from nnspec.backends.base import Array, Indices, Recipe, split_head
from nnspec.backends.numpy.losses import Outcome, measure
from nnspec.backends.numpy.metrics import per_row
from nnspec.backends.numpy.workspace import Parameters
from nnspec.graph import Graph

Sums = list[float]  # over rows: the loss, then the metrics
Slots = dict[str, Parameters]


class Placed(NamedTuple):
    """Rows in the program's type."""

    inputs: Array
    targets: Array


class Engine(ABC):
    """Runs one graph, with the weights and gradients of one memory."""

    @abstractmethod
    def predict(self, inputs: Array) -> Array:
        """The network's output for rows of inputs."""

    @abstractmethod
    def evaluate(self, placed: Placed, batch: Indices) -> Sums:
        """A batch's figures, without the penalty on weights."""

    @abstractmethod
    def learn(self, placed: Placed, batch: Indices) -> Sums:
        """The same, and the gradients are in memory afterwards."""

    @abstractmethod
    def update(self) -> None:
        """Change the weights by the gradients, which may be overwritten."""


class Judge:
    """Measures what a network gives by the recipe's loss and metrics."""

    def __init__(self, graph: Graph, recipe: Recipe) -> None:
        self.body, head = split_head(graph, recipe.loss)  # what the network is to compute
        self.outcome = measure(recipe.loss, head is not None)
        self.metrics = [per_row(metric) for metric in recipe.metrics]

    def sums(self, outcome: Outcome, targets: Array) -> Sums:
        """The figures over some rows."""
        figures = (figure(outcome.predictions, targets) for figure in self.metrics)
        return [float(rows.sum(dtype=np.float64)) for rows in (outcome.losses, *figures)]
