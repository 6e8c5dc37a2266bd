"""Constraints of weights, applied in place after an update."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.constraints.base import NORM_EPSILON, Constraint, NormRange
from nnspec.graph.ir import Graph


def constraint_tasks(graph: Graph, array_of: Callable[[str], Array]) -> list[Callable[[], None]]:
    """A function for each constrained weight that replaces its numbers; `array_of` finds it."""
    return [
        partial(constrain, weight.constraint, array_of(name))
        for name, weight in graph.weights()
        if weight.constraint and weight.trainable
    ]


def constrain(constraint: Constraint, w: Array) -> None:
    """Raise the numbers of w to the lower bound, then scale its vectors to the norms' range."""
    bound = constraint.lower_bound
    if bound is not None:
        np.copyto(w, bound, where=w < bound)
    if constraint.norm_range:
        np.multiply(w, _scales(w, constraint.norm_range), out=w)


def _scales(w: Array, norms: NormRange) -> Array:
    """m / (n + epsilon) of each vector of norm n, with m the norm that it is to have."""
    n = np.sqrt(np.square(w).sum(norms.axes, keepdims=True))
    m = np.clip(n, norms.minimum, norms.maximum) * norms.rate + n * (1 - norms.rate)
    return m / (n + NORM_EPSILON)
