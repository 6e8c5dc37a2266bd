"""The base class of the NumPy engines, and the types in its interface."""

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

MetricSums = list[float]  # the loss, then the metrics, each summed over rows
OptimizerSlots = dict[str, Parameters]


class DeviceRows(NamedTuple):
    """Inputs and targets in the program's dtype."""

    inputs: Array
    targets: Array


class Engine(ABC):
    """Computes one graph on the weights and gradients of a parameter store."""

    def __init__(self, graph: Graph, store: ParameterStore) -> None:
        self.store, self.penalty = store, Regularization(graph, store)

    def compute_context(self) -> AbstractContextManager[object]:
        """Context manager in which every other method is to be called."""
        return nullcontext()

    def train(self, device_rows: DeviceRows, batches: Sequence[Indices]) -> list[MetricSums]:
        """Update the weights once per batch; return each batch's metrics from before its update."""
        return [self._step(device_rows, batch) for batch in batches]

    def penalized_loss_and_gradients(self, device_rows: DeviceRows, batch: Indices) -> MetricSums:
        """Metrics of a batch; writes the gradients of loss + penalty to the store."""
        sums = self.add_penalty(self.loss_and_gradients(device_rows, batch), len(batch))
        self.penalty.add_gradients()
        return sums

    def add_penalty(self, sums: MetricSums, rows: int) -> MetricSums:
        """Add the weight penalty to the loss sum, once per row."""
        return [sums[0] + rows * self.penalty.value(), *sums[1:]]

    def _step(self, device_rows: DeviceRows, batch: Indices) -> MetricSums:
        sums = self.penalized_loss_and_gradients(device_rows, batch)
        self.update()
        self.store.advance()
        return sums

    @abstractmethod
    def predict(self, inputs: Array) -> Array:
        """The network's output for rows of inputs."""

    @abstractmethod
    def evaluate(self, device_rows: DeviceRows, batch: Indices) -> MetricSums:
        """Loss and metrics of a batch, without the weight penalty."""

    @abstractmethod
    def loss_and_gradients(self, device_rows: DeviceRows, batch: Indices) -> MetricSums:
        """`evaluate` in training mode; writes the gradients of the loss to the store."""

    @abstractmethod
    def update(self) -> None:
        """Update the weights by the gradients, which may be overwritten."""


def sum_metrics(metrics: Iterable[Array]) -> MetricSums:
    """Sum of each metric over its rows, in float64."""
    return [float(np.add.reduce(rows, dtype=np.float64)) for rows in metrics]
