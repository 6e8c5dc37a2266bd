"""Types of layer rules, which build a Keras layer whose weights have the node's weight names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from nnspec.backends.mixed_precision import multiplies_kernel
from nnspec.compute import ComputeConfig
from nnspec.graph.ir import Node
from nnspec.options.types import Shape

Tensor = Any  # of any engine
KerasLayer = Any


class Numerics(NamedTuple):
    """The type in which a program computes, and that of its products with kernels."""

    dtype: str
    product_dtype: str  # or a policy of Keras

    @classmethod
    def of(cls, compute: ComputeConfig) -> Numerics:
        """Those of a precision."""
        name = compute.dtype.name
        return cls(name, "mixed_bfloat16" if compute.is_mixed else name)

    def layer_dtype(self, node: Node) -> str:
        """The type, or the policy, of a node's layer."""
        return self.product_dtype if multiplies_kernel(node) else self.dtype

    def constant(self, value: float) -> float:
        """Convert a constant so that no engine changes the precision of the computation.

        TensorFlow would round a Python float to float32; JAX would promote every operand of an
        `np.float64` to float64.
        """
        return np.float64(value) if self.dtype == "float64" else float(value)


class RuleContext(NamedTuple):
    """Nodes, numerics and common Keras options from which a rule builds a layer.

    A layer that reads several values is called with the list of them, as Keras' merging layers.
    """

    uses: tuple[Node, ...]  # the nodes that the layer computes: several where it is shared
    numerics: Numerics
    common: dict[str, Any]  # options of every Keras layer: name, dtype, trainable

    @property
    def node(self) -> Node:
        """The first node that the layer computes."""
        return self.uses[0]

    @property
    def shape(self) -> Shape:
        """Shape of one row of the node's output, in plain integers."""
        return tuple(map(int, self.node.shape))

    def constant(self, value: float) -> float:
        """Convert a constant to the program's precision."""
        return self.numerics.constant(value)


Rule = Callable[[Any, RuleContext], KerasLayer]
