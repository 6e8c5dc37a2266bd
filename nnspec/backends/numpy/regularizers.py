"""The L1 and L2 penalty on the regularized weights, and its gradient."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.parameters import ParameterStore
from nnspec.graph.ir import Graph


class _Term(NamedTuple):
    """The penalty l1 sum |w| + l2 sum w^2 of one weight w."""

    weight: Array
    gradient: Array
    l1: float
    l2: float


class Regularization:
    """The sum of the penalties of all regularized weights."""

    def __init__(self, graph: Graph, store: ParameterStore) -> None:
        self.terms = [
            _Term(store.weight(name), store.gradients.views[name], *weight.regularizer.strengths)
            for name, weight in graph.weights()
            if weight.regularizer and weight.trainable
        ]

    def value(self) -> float:
        """The penalty, as it is added to the loss."""
        return float(sum(_value(term) for term in self.terms))

    def add_gradients(self) -> None:
        """Add the penalty's gradient l1 sign w + 2 l2 w to each weight's gradient."""
        for weight, gradient, l1, l2 in self.terms:
            gradient += l1 * np.sign(weight) + 2 * l2 * weight


def _value(term: _Term) -> float:
    w = term.weight
    return float(term.l1 * np.abs(w).sum() + term.l2 * np.square(w).sum())
