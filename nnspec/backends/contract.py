"""Interface of a backend: `Backend`, `Program`, and the types of their arguments and results.

A backend builds a `Program` from a graph. Everything that is the same on all backends (epochs,
shuffling, validation, checkpoints, history) is in `nnspec.training`, not in the program.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnspec.backends.rules import BackendRules
from nnspec.components.losses.base import Loss
from nnspec.components.metrics.base import Metric
from nnspec.components.optimizers.base import Optimizer
from nnspec.compute import ComputeConfig
from nnspec.errors import BackendError
from nnspec.graph.ir import Graph, Node

Array = NDArray[Any]
Indices = NDArray[np.int64]
Weights = dict[str, Array]


class TrainingSetup(NamedTuple):
    """Loss, optimizer and metrics with which a program is trained."""

    loss: Loss
    optimizer: Optimizer
    metrics: tuple[Metric | Loss, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the values that training and evaluation return: the loss, then the metrics."""
        return ("loss", *(metric.kind for metric in self.metrics))


class State(NamedTuple):
    """Optimizer state in canonical form: the number of updates, and slot -> weight -> array."""

    step: int
    slots: dict[str, Weights]


class BatchMetrics(NamedTuple):
    """Loss and metrics of batches, each summed over the rows of a batch."""

    rows: tuple[int, ...]  # in each batch
    sums: dict[str, NDArray[np.float64]]  # name -> (batches)

    @property
    def means(self) -> dict[str, float]:
        """Mean of each metric over all rows."""
        return {name: float(sums.sum()) / sum(self.rows) for name, sums in self.sums.items()}

    @classmethod
    def join(cls, chunks: Sequence[BatchMetrics]) -> BatchMetrics:
        """Concatenate the metrics of consecutive chunks of batches."""
        names = chunks[0].sums
        sums = {name: np.concatenate([chunk.sums[name] for chunk in chunks]) for name in names}
        return cls(tuple(rows for chunk in chunks for rows in chunk.rows), sums)


class Program(ABC):
    """A graph built for a backend, with its weights and the optimizer's state.

    Weights and slots are exchanged as NumPy arrays in Keras' layout, under the graph's names.
    """

    native: Any  # the framework's own model

    @abstractmethod
    def weights(self) -> Weights:
        """Copy all weights, in the graph's order."""

    @abstractmethod
    def set_weights(self, weights: Mapping[str, Array]) -> None:
        """Replace all weights."""

    @abstractmethod
    def state(self) -> State:
        """Copy the optimizer's state."""

    @abstractmethod
    def set_state(self, state: State) -> None:
        """Replace the optimizer's state."""

    @abstractmethod
    def upload(self, inputs: Array, targets: Array) -> Any:
        """Copy rows to the program's device, once for many steps."""

    @abstractmethod
    def train(self, device_rows: Any, batches: Sequence[Indices]) -> BatchMetrics:
        """Make one update per batch of row indices; the metrics are those before each update."""

    @abstractmethod
    def evaluate(self, device_rows: Any, batches: Sequence[Indices]) -> BatchMetrics:
        """Compute the metrics of each batch without training."""

    @abstractmethod
    def predict(self, inputs: Array) -> Array:
        """Compute the outputs (rows, *output_shape) for inputs (rows, *input_shape)."""

    @abstractmethod
    def gradients(self, device_rows: Any, batch: Indices) -> Weights:
        """Compute the gradient of a batch's loss for each trainable weight, without an update."""


class Backend(ABC):
    """Builder of programs for one framework."""

    name: str
    rules: BackendRules | None = None  # None: only `build` can tell what it has no rule for

    @abstractmethod
    def build(self, graph: Graph, setup: TrainingSetup | None, compute: ComputeConfig) -> Program:
        """Build a program for a graph; without a training setup it can only predict."""

    @abstractmethod
    def versions(self) -> dict[str, str]:
        """Versions of the packages that results may depend on, by package name."""


def split_fused_activation(graph: Graph, loss: Loss) -> tuple[Graph, Node | None]:
    """Split off the last activation where the loss is fused with it; None where it is not.

    Training then computes activation and loss as one, from the activation's inputs (logits).
    """
    last = graph.nodes[-1] if graph.nodes else None
    if (
        last is None
        or last.kind != loss.fuses_with
        or getattr(last.layer, "axis", -1) not in (-1, len(last.shape))
    ):
        return graph, None
    return graph._replace(nodes=graph.nodes[:-1]), last


def batches_of(rows: int, size: int) -> list[Indices]:
    """Indices of all rows in order, in batches of `size`; the last may be smaller."""
    return [np.arange(start, min(start + size, rows)) for start in range(0, rows, size)]


def require_setup(setup: TrainingSetup | None) -> TrainingSetup:
    """Return the setup; raise BackendError if the program was built without one."""
    if setup is None:
        raise BackendError("a program that was built without a training setup can only predict")
    return setup


def shape_targets(targets: Array, graph: Graph, setup: TrainingSetup | None) -> Array:
    """Add or drop axes of size 1 so that the targets have the shape that the loss expects.

    A row is shaped as the network's output, without the last axis if it holds class indices.
    """
    row = graph.output_shape[:-1] if require_setup(setup).loss.sparse else graph.output_shape
    fits = targets.size == len(targets) * prod(row)
    return targets.reshape(len(targets), *row) if fits else targets
