"""Initial weights of a graph, drawn by their initializers from a seed."""

from __future__ import annotations

import numpy as np

from nnspec.components.layers.base import Weight
from nnspec.errors import SpecError
from nnspec.graph.ir import Graph
from nnspec.randomness.initializer_rules import INITIALIZERS
from nnspec.randomness.philox import Floats


def initial_weights(graph: Graph, seed: int) -> dict[str, Floats]:
    """Draw every weight of a graph, as float64 values rounded to float32.

    The rounding makes runs in float32 and float64 start from the same weights.
    """
    return {name: initial_weight(weight, seed, name) for name, weight in graph.weights()}


def initial_weight(weight: Weight, seed: int, name: str) -> Floats:
    """Draw the initial value of one weight."""
    rule = INITIALIZERS[weight.initializer]
    values = rule(weight.initializer, weight.shape, (seed, "weights", name))
    with np.errstate(over="ignore"):
        rounded = values.astype(np.float32).astype(np.float64)
    if not np.isfinite(rounded).all():
        message = f"{weight.initializer.kind} starts {name} with a number that is no float32"
        raise SpecError(message, "initial weights are rounded to float32 in any precision")
    return rounded.reshape(weight.shape)
