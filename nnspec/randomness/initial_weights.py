"""Initial weights of a graph, drawn by their initializers from a seed."""

from __future__ import annotations

import numpy as np

from nnspec.components.layers.base import Weight
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
    return values.astype(np.float32).astype(np.float64).reshape(weight.shape)
