"""The base class of the NumPy engines, and the types in its interface."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import NO_ARRAYS, Array, Arrays
from nnspec.backends.contract import Indices, Rates, TrainingSetup, require_setup
from nnspec.backends.host_metrics import HostMetrics
from nnspec.backends.numpy.parameters import Parameters, ParameterStore
from nnspec.backends.numpy.regularizers import Regularization
from nnspec.graph.ir import Graph

MetricSums = list[float]  # the values of `TrainingSetup.sum_names`, each summed over rows
OptimizerSlots = dict[str, Parameters]


class DeviceRows(NamedTuple):
    """Inputs and targets by name, in the types in which the program computes.

    `weights` (rows) multiply the losses of the outputs that they name.
    """

    inputs: Arrays
    targets: Arrays
    weights: Arrays = NO_ARRAYS

    def batch(self, rows: Indices) -> DeviceRows:
        """Some of the rows."""
        return DeviceRows(*(take_rows(arrays, rows) for arrays in self))


class Engine(ABC):
    """Computes one graph on the weights and gradients of a parameter store."""

    def __init__(self, graph: Graph, setup: TrainingSetup | None, store: ParameterStore) -> None:
        self.graph, self.setup, self.store = graph, setup, store
        self.penalty = Regularization(graph, store)

    def compute_context(self) -> AbstractContextManager[object]:
        """Context manager in which every other method is to be called."""
        return nullcontext()

    def train(
        self, device_rows: DeviceRows, batches: Sequence[Indices], rates: Rates, host: HostMetrics
    ) -> list[MetricSums]:
        """Update the weights once per batch; return each batch's metrics from before its update."""
        return [
            self._step(device_rows, batch, rate, host)
            for batch, rate in zip(batches, rates, strict=True)
        ]

    def penalized_loss_and_gradients(
        self, device_rows: DeviceRows, batch: Indices, host: HostMetrics
    ) -> MetricSums:
        """Metrics of a batch; writes the gradients of loss + penalty to the store."""
        sums = self.add_penalty(self._sum_over_parts(device_rows, batch, host), len(batch))
        self.penalty.add_gradients()
        return sums

    def _sum_over_parts(
        self, device_rows: DeviceRows, batch: Indices, host: HostMetrics
    ) -> MetricSums:
        """`loss_and_gradients` of a batch, of which a part is computed at a time."""
        parts = require_setup(self.setup).parts(len(batch))
        if len(parts) == 1:
            return self.loss_and_gradients(device_rows, batch, host)
        gradients = self.store.gradients.flat
        total, sums = np.zeros_like(gradients), list[MetricSums]()
        for part in parts:
            self.store.batch_part = part
            sums.append(self.loss_and_gradients(device_rows, batch[part.rows], host))
            np.multiply(gradients, part.share, out=gradients)
            np.add(total, gradients, out=total)
        self.store.batch_part = None
        np.copyto(gradients, total)
        host.merge_last(len(parts))
        return [sum(values) for values in zip(*sums, strict=True)]

    def add_penalty(self, sums: MetricSums, rows: int) -> MetricSums:
        """Add the weight penalty to the sum of the total loss, once per row."""
        return [sums[0] + rows * self.penalty.value(), *sums[1:]]

    def _step(
        self, device_rows: DeviceRows, batch: Indices, rate: float, host: HostMetrics
    ) -> MetricSums:
        sums = self.penalized_loss_and_gradients(device_rows, batch, host)
        self.update(rate)
        self.store.advance()
        return sums

    @abstractmethod
    def predict(self, inputs: Arrays) -> dict[str, Array]:
        """Each output of the network by its name, for rows of inputs."""

    @abstractmethod
    def evaluate(self, device_rows: DeviceRows, batch: Indices, host: HostMetrics) -> MetricSums:
        """Losses and metrics of a batch, without the weight penalty.

        Hands the predictions of `host.outputs` to `host`, if there are any.
        """

    @abstractmethod
    def loss_and_gradients(
        self, device_rows: DeviceRows, batch: Indices, host: HostMetrics
    ) -> MetricSums:
        """`evaluate` in training mode; writes the gradients of the total loss to the store."""

    @abstractmethod
    def update(self, rate: float) -> None:
        """Update the weights by the gradients, which may be overwritten."""


def take_rows(arrays: Arrays, rows: Indices | slice) -> dict[str, Array]:
    """Some rows of each array."""
    return {name: array[rows] for name, array in arrays.items()}


def sum_metrics(metrics: Iterable[Array]) -> MetricSums:
    """Sum of each metric over its rows, in float64."""
    return [float(np.add.reduce(rows, dtype=np.float64)) for rows in metrics]
