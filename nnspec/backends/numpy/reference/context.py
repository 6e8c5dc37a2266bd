"""The context of a reference rule: a node with its shapes, weights and buffers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy.parameters import ParameterStore
from nnspec.graph.ir import Node
from nnspec.options.types import Shape
from nnspec.randomness import layer_noise

Forward = Callable[[Array], Array]
Backward = Callable[[Array], Array]
Rule = Callable[[Any, "RuleContext"], tuple[Forward, Backward]]


class RuleContext(NamedTuple):
    """What a rule builds a node's forward and backward from, for a fixed number of rows."""

    node: Node
    store: ParameterStore
    rows: int
    dtype: np.dtype[Any]
    training: bool
    input_gradient: bool  # whether a node before it has trainable weights

    @property
    def input_shape(self) -> Shape:
        """Shape of one row of the node's input."""
        return self.node.input_shapes[0]

    @property
    def shape(self) -> Shape:
        """Shape of one row of the node's output."""
        return self.node.shape

    def noise(self) -> Array:
        """The layer's random numbers for the current update, (rows, *noise shape)."""
        declared = self.node.layer.noise(self.input_shape)
        if declared is None:
            raise TypeError(f"{self.node.kind} draws nothing")
        store = self.store
        return layer_noise.draw_noise(declared, self.rows, store.seed, self.node.name, store.step)

    def empty(self, shape: Shape, dtype: Any = None) -> Array:
        """An uninitialised buffer (rows, *shape)."""
        return np.empty((self.rows, *shape), dtype or self.dtype)

    def zeros(self, shape: Shape) -> Array:
        """A buffer (rows, *shape) of zeros."""
        return np.zeros((self.rows, *shape), self.dtype)

    def weight(self, name: str) -> Array:
        """A weight of the node; updates change it in place."""
        return self.store.weight(f"{self.node.name}/{name}")

    def gradient(self, name: str) -> Array:
        """The array into which backward writes the gradient of a weight."""
        return self.store.gradients.views[f"{self.node.name}/{name}"]
