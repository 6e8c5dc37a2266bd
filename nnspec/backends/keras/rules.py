"""What a rule is: from a node to a Keras layer whose weights have the node's weight names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from nnspec.backends.base import Rules
from nnspec.graph import Node

Tensor = Any  # of whichever engine
KerasLayer = Any


class Arithmetic(NamedTuple):
    """How a program computes."""

    dtype: str
    rounded: Callable[[Tensor], Tensor]  # what happens to a weight after an update

    def number(self, value: float) -> float:
        """A constant that no engine makes coarser or finer than the program's type.

        TensorFlow would take a Python float through float32; JAX would make everything float64
        that meets an `np.float64`.
        """
        return np.float64(value) if self.dtype == "float64" else float(value)


Rule = Callable[[Node, Arithmetic, dict[str, Any]], KerasLayer]
rule: Rules[Rule] = Rules("keras")
