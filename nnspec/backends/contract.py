"""Types of the contract with a backend: `Backend`, `Program`, and what they take and give.

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

from nnspec.components.losses.base import Loss
from nnspec.components.metrics.base import Metric
from nnspec.components.optimizers.base import Optimizer
from nnspec.compute import ComputeConfig
from nnspec.errors import BackendError
from nnspec.graph.ir import Graph, Node
from nnspec.options.component import Component

Array = NDArray[Any]
Indices = NDArray[np.int64]
Weights = dict[str, Array]


class TrainingSetup(NamedTuple):
    """What a program is trained for."""

    loss: Loss
    optimizer: Optimizer
    metrics: tuple[Metric | Loss, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the figures that training and evaluation give."""
        return ("loss", *(metric.kind for metric in self.metrics))


class State(NamedTuple):
    """An optimizer's state in canonical form: updates made, and slot -> weight -> array."""

    step: int
    slots: dict[str, Weights]


class BatchMetrics(NamedTuple):
    """The loss and the metrics of some batches: for each batch, a sum over its rows."""

    rows: tuple[int, ...]  # of each batch
    sums: dict[str, NDArray[np.float64]]  # (batches)

    @property
    def means(self) -> dict[str, float]:
        """The mean of each figure over all rows."""
        return {name: float(sums.sum()) / sum(self.rows) for name, sums in self.sums.items()}

    @classmethod
    def join(cls, parts: Sequence[BatchMetrics]) -> BatchMetrics:
        """The figures of all parts' batches, in order."""
        names = parts[0].sums
        sums = {name: np.concatenate([part.sums[name] for part in parts]) for name in names}
        return cls(tuple(rows for part in parts for rows in part.rows), sums)


class Program(ABC):
    """A graph on a backend, with weights and an optimizer's state.

    Weights and slots are exchanged as NumPy arrays in Keras' layout, under the graph's names.
    """

    native: Any  # the framework's own model

    @abstractmethod
    def weights(self) -> Weights:
        """Copies of all weights, in the graph's order."""

    @abstractmethod
    def set_weights(self, weights: Mapping[str, Array]) -> None:
        """Replace all weights."""

    @abstractmethod
    def state(self) -> State:
        """A copy of the optimizer's state."""

    @abstractmethod
    def set_state(self, state: State) -> None:
        """Replace the optimizer's state."""

    @abstractmethod
    def upload(self, inputs: Array, targets: Array) -> Any:
        """Put rows where the program computes; done once for many steps."""

    @abstractmethod
    def train(self, device_rows: Any, batches: Sequence[Indices]) -> BatchMetrics:
        """One update for each batch of row numbers; figures as they were before each update."""

    @abstractmethod
    def evaluate(self, device_rows: Any, batches: Sequence[Indices]) -> BatchMetrics:
        """The figures without training."""

    @abstractmethod
    def predict(self, inputs: Array) -> Array:
        """The network's output for rows of inputs."""

    @abstractmethod
    def gradients(self, device_rows: Any, batch: Indices) -> Weights:
        """The gradient of the batch's loss for each trainable weight; nothing is updated."""


class Backend(ABC):
    """Something that builds programs."""

    name: str

    def supports(self, component: Component) -> bool:
        """Whether there is a rule for a layer, loss, metric or optimizer; asked before `build`."""
        return True

    @abstractmethod
    def build(self, graph: Graph, setup: TrainingSetup | None, compute: ComputeConfig) -> Program:
        """A program for a graph; without a recipe it can only predict."""

    @abstractmethod
    def versions(self) -> dict[str, str]:
        """The packages that its results may depend on, with their versions."""


def split_fused_activation(graph: Graph, loss: Loss) -> tuple[Graph, Node | None]:
    """The graph without the last activation where the loss absorbs it, and that activation.

    Training computes both as one, from the numbers before the activation.
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
    """All rows in order, in portions of `size`; the last may be smaller."""
    return [np.arange(start, min(start + size, rows)) for start in range(0, rows, size)]


def require_setup(setup: TrainingSetup | None) -> TrainingSetup:
    """The recipe; a BackendError where a program was built without one."""
    if setup is None:
        raise BackendError("a program that was built without a recipe can only predict")
    return setup


def shape_targets(targets: Array, graph: Graph, setup: TrainingSetup | None) -> Array:
    """Targets shaped as the loss takes them, where they have an axis of 1 too many or too few.

    A row is shaped as the network's output, or without its last axis where it holds class indices.
    """
    row = graph.output_shape[:-1] if require_setup(setup).loss.sparse else graph.output_shape
    same = targets.size == len(targets) * prod(row)
    return targets.reshape(len(targets), *row) if same else targets
