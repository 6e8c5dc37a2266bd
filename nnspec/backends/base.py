"""The contract between nnspec and a backend, and how a backend is found.

A backend builds a `Program` from a graph. Everything that is the same on all backends (epochs,
shuffling, validation, checkpoints, history) is `nnspec.training`'s business, not the program's.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from math import prod
from typing import Any, Generic, Literal, NamedTuple, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from nnspec.component import Component
from nnspec.errors import BackendError, did_you_mean
from nnspec.graph import Graph, Node
from nnspec.losses import Loss
from nnspec.metrics import Metric
from nnspec.optimizers import Optimizer

Array = NDArray[Any]
Indices = NDArray[np.int64]
Weights = dict[str, Array]
Precision = Literal["float32", "float64", "exact"]
PRECISIONS: tuple[Precision, ...] = ("float32", "float64", "exact")


class Recipe(NamedTuple):
    """What a program is trained for."""

    loss: Loss
    optimizer: Optimizer
    metrics: tuple[Metric | Loss, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the figures that training and evaluation give."""
        return ("loss", *(metric.kind for metric in self.metrics))


class Settings(NamedTuple):
    """How to compute. `exact`: in float64, weights rounded to float32 after each update."""

    precision: Precision = "float32"
    device: str = "cpu"
    seed: int = 0

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of all numbers."""
        return np.dtype(np.float32 if self.precision == "float32" else np.float64)


class State(NamedTuple):
    """An optimizer's state in canonical form: updates made, and slot -> weight -> array."""

    step: int
    slots: dict[str, Weights]


class Figures(NamedTuple):
    """The loss and the metrics of some batches: for each batch, a sum over its rows."""

    rows: tuple[int, ...]  # of each batch
    sums: dict[str, NDArray[np.float64]]  # (batches)

    @property
    def means(self) -> dict[str, float]:
        """The mean of each figure over all rows."""
        return {name: float(sums.sum()) / sum(self.rows) for name, sums in self.sums.items()}

    @classmethod
    def join(cls, parts: Sequence[Figures]) -> Figures:
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
    def place(self, inputs: Array, targets: Array) -> Any:
        """Put rows where the program computes; done once for many steps."""

    @abstractmethod
    def train(self, placed: Any, batches: Sequence[Indices]) -> Figures:
        """One update for each batch of row numbers; figures as they were before each update."""

    @abstractmethod
    def evaluate(self, placed: Any, batches: Sequence[Indices]) -> Figures:
        """The figures without training."""

    @abstractmethod
    def predict(self, inputs: Array) -> Array:
        """The network's output for rows of inputs."""

    @abstractmethod
    def gradients(self, placed: Any, batch: Indices) -> Weights:
        """The gradient of the batch's loss for each trainable weight; nothing is updated."""


class Backend(ABC):
    """Something that builds programs."""

    name: str

    @abstractmethod
    def build(self, graph: Graph, recipe: Recipe | None, settings: Settings) -> Program:
        """A program for a graph; without a recipe it can only predict."""

    @abstractmethod
    def versions(self) -> dict[str, str]:
        """The packages that its results may depend on, with their versions."""


Rule = TypeVar("Rule", bound=Callable[..., Any])


class Rules(Generic[Rule]):
    """A backend's table: one rule for each component class."""

    def __init__(self, backend: str) -> None:
        self.backend = backend
        self.table: dict[type[Component], Rule] = {}

    def register(self, *classes: type[Component]) -> Callable[[Rule], Rule]:
        """Decorator: the function is the rule for these classes."""

        def enter(rule: Rule) -> Rule:
            self.table.update(dict.fromkeys(classes, rule))
            return rule

        return enter

    def __getitem__(self, component: Component) -> Rule:
        """The rule for a component; an error that names both where there is none."""
        try:
            return self.table[type(component)]
        except KeyError:
            what = f"the {component.family} {component.kind!r}"
            raise BackendError(f"the {self.backend} backend has no rule for {what}") from None


_BUILT_IN = {
    "numpy": "nnspec.backends.numpy:NumpyBackend",
    "torch": "nnspec.backends.torch:TorchBackend",
    "keras": "nnspec.backends.keras:KerasBackend",
}


def find(name: str) -> Backend:
    """The backend called `name`, or `name:engine` where it has several engines.

    Raises BackendError where it is unknown or what it needs is not installed.
    """
    kind, _, engine = name.partition(":")
    target = _BUILT_IN.get(kind) or plugins().get(kind)
    if target is None:
        hint = did_you_mean(kind, [*_BUILT_IN, *plugins()])
        raise BackendError(f"there is no backend {kind!r}", hint)
    module, _, cls = target.partition(":")
    make = cast("Callable[..., Backend]", getattr(import_module(module), cls))
    return make(engine) if engine else make()


def plugins() -> dict[str, str]:
    """The backends that installed packages add, with their `module:Class`."""
    from importlib.metadata import entry_points  # slow to import; only plug-ins need it

    return {entry.name: entry.value for entry in entry_points(group="nnspec.backend")}


def split_head(graph: Graph, loss: Loss) -> tuple[Graph, Node | None]:
    """The graph without the last activation where the loss absorbs it, and that activation.

    Training computes both as one, from the numbers before the activation.
    """
    last = graph.nodes[-1] if graph.nodes else None
    if (
        last is None
        or last.kind != loss.absorbs
        or getattr(last.layer, "axis", -1) not in (-1, len(last.shape))
    ):
        return graph, None
    return graph._replace(nodes=graph.nodes[:-1]), last


def batches_of(rows: int, size: int) -> list[Indices]:
    """All rows in order, in portions of `size`; the last may be smaller."""
    return [np.arange(start, min(start + size, rows)) for start in range(0, rows, size)]


def required(recipe: Recipe | None) -> Recipe:
    """The recipe; a BackendError where a program was built without one."""
    if recipe is None:
        raise BackendError("a program that was built without a recipe can only predict")
    return recipe


def fitted(targets: Array, graph: Graph, recipe: Recipe | None) -> Array:
    """Targets shaped as the loss takes them, where they have an axis of 1 too many or too few.

    A row is shaped as the network's output, or without its last axis where it holds class indices.
    """
    row = graph.output_shape[:-1] if required(recipe).loss.sparse else graph.output_shape
    same = targets.size == len(targets) * prod(row)
    return targets.reshape(len(targets), *row) if same else targets
