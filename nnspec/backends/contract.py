"""Interface of a backend: `Backend`, `Program`, and the types of their arguments and results.

A backend builds a `Program` from a graph. Everything that is the same on all backends (epochs,
shuffling, validation, checkpoints, history) is in `nnspec.training`, not in the program.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import reduce
from math import prod
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnspec.backends.arrays import NO_ARRAYS, Array, Arrays, Values, named, of_names, only
from nnspec.backends.batch_parts import BatchPart, split_batch
from nnspec.backends.rules import BackendRules
from nnspec.components.losses.base import Loss
from nnspec.components.metrics.base import Metric
from nnspec.components.optimizers.base import AVERAGE, Optimizer
from nnspec.compute import ComputeConfig
from nnspec.errors import BackendError
from nnspec.graph.ir import Graph
from nnspec.graph.objectives import NamedMetric, Objective, reported_names

Indices = NDArray[np.int64]
Weights = dict[str, Array]
PREDICTION_ROWS = 256  # that go through a network at once
Rates = Sequence[float]  # a learning rate per update


class TrainingSetup(NamedTuple):
    """The objective of each output, and the optimizer, with which a program is trained.

    With `micro_batch` the gradient of a batch is the sum of those of so many of its rows at a time.
    """

    objectives: tuple[Objective, ...]
    optimizer: Optimizer
    micro_batch: int | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the values that training and evaluation return: losses, then metrics."""
        return reported_names(self.objectives)

    @property
    def sum_names(self) -> tuple[str, ...]:
        """Names of the values that are sums over rows, computed by rules of the backend."""
        host = {metric.name for objective in self.objectives for metric in host_metrics(objective)}
        return tuple(name for name in self.names if name not in host)

    def parts(self, rows: int, batch_rows: int | None = None) -> list[BatchPart]:
        """The parts of a batch of so many rows, or of as many of those of a larger batch."""
        return split_batch(rows, self.micro_batch, batch_rows)


def device_metrics(objective: Objective) -> tuple[NamedMetric, ...]:
    """The metrics of an output that are a mean over rows, computed by a rule of the backend."""
    return tuple(named for named in objective.metrics if not _has_state(named.metric))


def host_metrics(objective: Objective) -> tuple[NamedMetric, ...]:
    """The metrics of an output with a state, which are computed from predictions on the host."""
    return tuple(named for named in objective.metrics if _has_state(named.metric))


def _has_state(metric: Metric | Loss) -> bool:
    return isinstance(metric, Metric) and metric.has_state()


class State(NamedTuple):
    """Optimizer state in canonical form: the number of batches, and slot -> weight -> array."""

    step: int
    slots: dict[str, Weights]


class MetricStates(NamedTuple):
    """The states of a metric on consecutive batches, one for each."""

    metric: Metric
    states: tuple[Any, ...]

    @property
    def result(self) -> float:
        """The metric on all batches, whose states are merged in their order."""
        return float(self.metric.result(reduce(self.metric.merge, self.states)))


class BatchMetrics(NamedTuple):
    """Loss and metrics of batches: sums over the rows of each batch, and its metrics' states.

    What all batches give together does not depend on how they were divided into chunks.
    """

    rows: tuple[int, ...]  # in each batch
    sums: dict[str, NDArray[np.float64]]  # name -> (batches)
    states: Mapping[str, MetricStates] = MappingProxyType({})

    @property
    def means(self) -> dict[str, float]:
        """The mean over all rows of what is summed."""
        return {name: float(sums.sum()) / sum(self.rows) for name, sums in self.sums.items()}

    @property
    def results(self) -> dict[str, float]:
        """The value of each metric over all rows."""
        return {**self.means, **{name: states.result for name, states in self.states.items()}}

    @classmethod
    def join(cls, chunks: Sequence[BatchMetrics]) -> BatchMetrics:
        """Concatenate the metrics of consecutive chunks of batches."""
        first = chunks[0]
        sums = {n: np.concatenate([chunk.sums[n] for chunk in chunks]) for n in first.sums}
        states = {
            name: MetricStates(one.metric, tuple(s for c in chunks for s in c.states[name].states))
            for name, one in first.states.items()
        }
        return cls(tuple(rows for chunk in chunks for rows in chunk.rows), sums, states)


class Program(ABC):
    """A graph built for a backend, with its weights and the optimizer's state.

    Weights and slots are exchanged as NumPy arrays in Keras' layout, under the graph's names.
    Inputs and targets are maps from the names of inputs and outputs to arrays (rows, ...), or the
    array of the only one. Floats are computed in the program's type; whole numbers stay such.
    """

    graph: Graph
    setup: TrainingSetup | None
    native: Any  # the framework's own model
    compute: ComputeConfig = ComputeConfig()

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

    def use_average_weights(self) -> None:
        """Overwrite each trained weight by its moving average, if there has been an update of it.

        Training ends so. In `exact` precision the averages are rounded to float32 as all weights.
        """
        step, slots = self.state()
        if step and require_setup(self.setup).optimizer.use_ema:
            averages = slots[AVERAGE]
            if self.compute.precision == "exact":
                averages = {n: a.astype(np.float32).astype(a.dtype) for n, a in averages.items()}
            self.set_weights({**self.weights(), **averages})

    def upload(self, inputs: Values, targets: Values, weights: Arrays = NO_ARRAYS) -> Any:
        """Copy rows to the program's device, once for many steps.

        With `weights` (rows) of an output the loss of a batch, minimized and reported, is
        sum_i w_i e_i / rows, as Keras' with `sample_weight`; metrics count rows alike.
        """
        setup, x = require_setup(self.setup), named(inputs, self.graph.inputs)
        y = named(targets, [objective.output for objective in setup.objectives])
        return self.upload_rows(x, shape_targets(y, self.graph, setup), of_names(weights, y))

    @abstractmethod
    def upload_rows(self, inputs: Arrays, targets: Arrays, weights: Arrays) -> Any:
        """`upload` of named arrays; targets have the shapes that the losses expect."""

    @abstractmethod
    def train(
        self, device_rows: Any, batches: Sequence[Indices], rates: Rates | None = None
    ) -> BatchMetrics:
        """Make one update per batch of row indices; the metrics are those before each update.

        An optimizer that accumulates gradients makes one after several batches.

        The learning rates are those of the optimizer at each step unless `rates` gives them.
        """

    @abstractmethod
    def evaluate(self, device_rows: Any, batches: Sequence[Indices]) -> BatchMetrics:
        """Compute the metrics of each batch without training."""

    def predict(self, inputs: Values) -> Array:
        """Compute the only output (rows, *output_shape)."""
        return only(self.predict_outputs(named(inputs, self.graph.inputs)))

    @abstractmethod
    def predict_outputs(self, inputs: Arrays) -> dict[str, Array]:
        """Compute each output by its name, (rows, *shape), for inputs (rows, *shape)."""

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


def batches_of(rows: int, size: int) -> list[Indices]:
    """Indices of all rows in order, in batches of `size`; the last may be smaller."""
    return [np.arange(start, min(start + size, rows)) for start in range(0, rows, size)]


def require_setup(setup: TrainingSetup | None) -> TrainingSetup:
    """Return the setup; raise BackendError if the program was built without one."""
    if setup is None:
        raise BackendError("a program that was built without a training setup can only predict")
    return setup


def shape_targets(targets: Arrays, graph: Graph, setup: TrainingSetup) -> dict[str, Array]:
    """Add or drop axes of size 1 so that the targets have the shapes that the losses expect.

    A row is shaped as the output, without the last axis if it holds class indices.
    """
    return {o.output: _shape_target(targets[o.output], graph, o) for o in setup.objectives}


def _shape_target(targets: Array, graph: Graph, objective: Objective) -> Array:
    row = graph.specs[graph.outputs[objective.output]].shape
    row = row[:-1] if _takes_class_numbers(objective) else row
    fits = targets.size == len(targets) * prod(row)
    return targets.reshape(len(targets), *row) if fits else targets


def value_dtype(graph: Graph, value: str, dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The type of a value in a program with floats of `dtype`."""
    spec = graph.specs[value]
    return dtype if spec.is_float else np.dtype(spec.dtype)


def outputs_of_no_rows(graph: Graph, dtype: np.dtype[Any]) -> dict[str, Array]:
    """Each output of a program with floats of `dtype`, (0, *shape)."""
    return {
        name: np.empty((0, *graph.specs[value].shape), value_dtype(graph, value, dtype))
        for name, value in graph.outputs.items()
    }


def target_dtype(objective: Objective, dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The type of an output's targets: whole numbers where they are class indices."""
    return np.dtype(np.int64) if _takes_class_numbers(objective) else dtype


def _takes_class_numbers(objective: Objective) -> bool:
    return objective.loss.targets == "class_numbers"
