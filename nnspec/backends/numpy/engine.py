"""The base class of the NumPy engines, and what they exchange with the program."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

import numpy as np

from nnspec.backends.contract import Array, Indices
from nnspec.backends.numpy.parameters import Parameters, ParameterStore
from nnspec.backends.numpy.regularizers import Regularization
from nnspec.graph.ir import Graph

Sums = list[float]  # over rows: the loss, then the metrics
Slots = dict[str, Parameters]


class DeviceRows(NamedTuple):
    """Rows in the program's type."""

    inputs: Array
    targets: Array


class Engine(ABC):
    """Runs one graph, with the weights and gradients of one memory."""

    def __init__(self, graph: Graph, store: ParameterStore) -> None:
        self.store, self.penalty = store, Regularization(graph, store)

    def at_work(self) -> AbstractContextManager[object]:
        """The context in which everything else is to be called."""
        return nullcontext()

    def train(self, device_rows: DeviceRows, batches: Sequence[Indices]) -> list[Sums]:
        """One update for each batch; its figures as they were before."""
        return [self._step(device_rows, batch) for batch in batches]

    def differentiate(self, device_rows: DeviceRows, batch: Indices) -> Sums:
        """A batch's figures; the gradients, the penalty's among them, are in memory afterwards."""
        sums = self.penalized(self.learn(device_rows, batch), len(batch))
        self.penalty.add_gradients()
        return sums

    def penalized(self, sums: Sums, rows: int) -> Sums:
        """The penalty counts once for each row."""
        return [sums[0] + rows * self.penalty.value(), *sums[1:]]

    def _step(self, device_rows: DeviceRows, batch: Indices) -> Sums:
        sums = self.differentiate(device_rows, batch)
        self.update()
        self.store.advance()
        return sums

    @abstractmethod
    def predict(self, inputs: Array) -> Array:
        """The network's output for rows of inputs."""

    @abstractmethod
    def evaluate(self, device_rows: DeviceRows, batch: Indices) -> Sums:
        """A batch's figures, without the penalty on weights."""

    @abstractmethod
    def learn(self, device_rows: DeviceRows, batch: Indices) -> Sums:
        """The same, and their gradients are in memory afterwards."""

    @abstractmethod
    def update(self) -> None:
        """Change the weights by the gradients, which may be overwritten."""


def total(figures: Iterable[Array]) -> Sums:
    """Figures of rows, added up."""
    return [float(np.add.reduce(rows, dtype=np.float64)) for rows in figures]
