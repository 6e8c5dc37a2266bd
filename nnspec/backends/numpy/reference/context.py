"""The context of a reference rule: a node with its weights, gradients and noise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.batch_parts import whole_batch
from nnspec.backends.numpy.parameters import ParameterStore
from nnspec.graph.ir import Node
from nnspec.randomness import layer_noise

# A rule returns `forward`, and `forward(*inputs)` returns the output and `backward`, a function of
# this call alone: `backward(dy)` adds the gradients of the weights to those of the context and
# returns the gradient of each input, None where none is needed. Neither changes its arguments. A
# node with several outputs has a tuple of them, and its `backward` takes a gradient of each.
Backward = Callable[..., tuple[Array | None, ...]]
Forward = Callable[..., tuple[Any, Backward]]
Rule = Callable[[Any, "RuleContext"], Forward]


class RuleContext(NamedTuple):
    """What a rule computes a node from, beside its inputs."""

    node: Node
    store: ParameterStore
    gradients: Mapping[str, Array]  # of trainable weights, by their full names
    dtype: np.dtype[Any]
    training: bool
    input_gradients: tuple[bool, ...]  # of each input, whether its gradient is needed

    def weight(self, name: str) -> Array:
        """A weight of the node; updates change it in place."""
        return self.store.weight(self.node.weight_name(name))

    def add_gradient(self, name: str, value: Array) -> None:
        """Add to the gradient of a weight, which other nodes may share; a frozen one has none."""
        gradient = self.gradients.get(self.node.weight_name(name))
        if gradient is not None:
            np.add(gradient, value, out=gradient)

    def noise(self, rows: int) -> Array:
        """The node's random numbers for the current update, (rows, *noise shape)."""
        declared = self.node.layer.noise(*self.node.input_shapes)
        if declared is None:
            raise TypeError(f"{self.node.kind} draws nothing")
        store = self.store
        part = store.batch_part or whole_batch(rows)
        key = store.seed, self.node.name, store.step
        return layer_noise.draw_noise(declared, part.batch_rows, *key, part.rows)
