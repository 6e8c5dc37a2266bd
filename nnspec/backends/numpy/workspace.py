"""Memory of a NumPy program: weights in one flat array, and buffers for a node's rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import accumulate
from math import prod
from typing import Any, NamedTuple

import numpy as np

from nnspec import randomness
from nnspec.backends.base import Array, Rules, Weights
from nnspec.backends.numpy.pages import zeros
from nnspec.fields import Shape
from nnspec.graph import Graph, Node

Forward = Callable[[Array], Array]
Backward = Callable[[Array], Array]
Rule = Callable[[Any, "Workspace"], tuple[Forward, Backward]]

rule: Rules[Rule] = Rules("numpy")


class Parameters:
    """Named arrays that are views of one flat array, so that an optimizer works on it whole."""

    def __init__(self, shapes: Mapping[str, Shape], dtype: np.dtype[Any]) -> None:
        self.flat: Array = zeros((sum(map(prod, shapes.values())),), dtype)
        ends = list(accumulate(map(prod, shapes.values()), initial=0))
        self.spans = {name: slice(*ends[n : n + 2]) for n, name in enumerate(shapes)}
        self.views: Weights = {
            name: self.flat[self.spans[name]].reshape(shape) for name, shape in shapes.items()
        }

    def copies(self) -> Weights:
        """A copy of each array."""
        return {name: view.copy() for name, view in self.views.items()}

    def fill(self, values: Mapping[str, Array]) -> None:
        """Overwrite every array."""
        for name, view in self.views.items():
            view[...] = values[name]


class Memory:
    """What a program keeps between updates: weights, gradients, and how many updates there were."""

    def __init__(self, graph: Graph, dtype: np.dtype[Any], seed: int, rounds: bool = False) -> None:
        trained = {name: w.shape for name, w in graph.weights() if w.trainable}
        kept = {name: w.shape for name, w in graph.weights() if not w.trainable}
        self.trained, self.gradients = Parameters(trained, dtype), Parameters(trained, dtype)
        self.kept = Parameters(kept, dtype)  # weights that no gradient changes
        self.step, self.seed, self.rounds = 0, seed, rounds

    def advance(self) -> None:
        """One more update is done; for `exact`, weights go to the float32 grid on every backend."""
        self.step += 1
        for values in (self.trained, self.kept) if self.rounds else ():
            values.flat[:] = values.flat.astype(np.float32)

    def weight(self, name: str) -> Array:
        """The array of a weight, trained or kept."""
        views = self.trained.views
        return views[name] if name in views else self.kept.views[name]


class Workspace(NamedTuple):
    """What a rule needs to prepare a node: its weights, and buffers for a number of rows."""

    node: Node
    memory: Memory
    rows: int
    dtype: np.dtype[Any]
    training: bool
    input_gradient: bool  # whether anything before the node learns

    @property
    def input_shape(self) -> Shape:
        """One row of the node's input."""
        return self.node.input_shapes[0]

    @property
    def shape(self) -> Shape:
        """One row of the node's output."""
        return self.node.shape

    def noise(self) -> Array:
        """What the node's layer draws for the update at hand."""
        declared = self.node.layer.noise(self.input_shape)
        if declared is None:
            raise TypeError(f"{self.node.kind} draws nothing")
        memory = self.memory
        return randomness.noise(declared, self.rows, memory.seed, self.node.name, memory.step)

    def like(self, shape: Shape, dtype: Any = None) -> Array:
        """An uninitialised buffer for rows of a shape."""
        return np.empty((self.rows, *shape), dtype or self.dtype)

    def zeros(self, shape: Shape) -> Array:
        """A buffer of zeros for rows of a shape."""
        return np.zeros((self.rows, *shape), self.dtype)

    def weight(self, name: str) -> Array:
        """The node's weight, which later updates change in place."""
        return self.memory.weight(f"{self.node.name}/{name}")

    def gradient(self, name: str) -> Array:
        """Where the rule's backward writes the gradient of a weight."""
        return self.memory.gradients.views[f"{self.node.name}/{name}"]
