"""What a rule is: from a node to a Keras layer whose weights have the node's weight names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from nnspec.graph.ir import Node
from nnspec.options.types import Shape

Tensor = Any  # of whichever engine
KerasLayer = Any


class Numerics(NamedTuple):
    """How a program computes."""

    dtype: str
    rounded: Callable[[Tensor], Tensor]  # what happens to a weight after an update

    def number(self, value: float) -> float:
        """A constant that no engine makes coarser or finer than the program's type.

        TensorFlow would take a Python float through float32; JAX would make everything float64
        that meets an `np.float64`.
        """
        return np.float64(value) if self.dtype == "float64" else float(value)


class RuleContext(NamedTuple):
    """What a rule needs to make a node's layer."""

    node: Node
    arithmetic: Numerics
    common: dict[str, Any]  # the options that every Keras layer is given: its name and its type

    @property
    def shape(self) -> Shape:
        """One row of the node's output, in plain integers."""
        return tuple(map(int, self.node.shape))

    def number(self, value: float) -> float:
        """A constant of the program's type."""
        return self.arithmetic.number(value)


Rule = Callable[[Any, RuleContext], KerasLayer]
