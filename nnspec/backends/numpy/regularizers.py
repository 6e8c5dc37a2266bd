"""The penalty on the regularized weights, and its gradient."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.parameters import ParameterStore
from nnspec.components.regularizers.base import SHORTEST, Regularizer
from nnspec.graph.ir import Graph


class _Term(NamedTuple):
    """A weight, its gradient, and the penalty on it."""

    weight: Array
    gradient: Array
    regularizer: Regularizer


class Regularization:
    """The sum of the penalties of all regularized weights."""

    def __init__(self, graph: Graph, store: ParameterStore) -> None:
        self.terms = [
            _Term(store.weight(name), store.gradients.views[name], weight.regularizer)
            for name, weight in graph.weights()
            if weight.regularizer and weight.trainable
        ]

    def value(self) -> float:
        """The penalty, as it is added to the loss."""
        return float(sum(penalty(term.weight, term.regularizer) for term in self.terms))

    def add_gradients(self) -> None:
        """Add the penalty's gradient l1 sign w + 2 l2 w to each weight's gradient."""
        for weight, gradient, regularizer in self.terms:
            (l1, l2), orthogonality = regularizer.strengths, regularizer.orthogonality
            gradient += l1 * np.sign(weight) + 2 * l2 * weight
            if orthogonality:
                gradient += _orthogonal_gradient(weight, *orthogonality)


def penalty(w: Array, regularizer: Regularizer) -> float:
    """The penalty on a weight."""
    (l1, l2), orthogonality = regularizer.strengths, regularizer.orthogonality
    value = float(l1 * np.abs(w).sum() + l2 * np.square(w).sum())
    return value + (_orthogonal_value(w, *orthogonality) if orthogonality else 0.0)


def _orthogonal_value(w: Array, factor: float, by_rows: bool) -> float:
    """factor times the mean |n_i . n_j| over pairs i < j."""
    _, _, products = _directions(w if by_rows else w.T)
    return float(factor * np.abs(products).sum() / 2) / _pairs(products)


def _orthogonal_gradient(w: Array, factor: float, by_rows: bool) -> Array:
    """The derivative for n_i is the mean of sign(n_i . n_j) n_j, less its part along n_i."""
    n, lengths, products = _directions(w if by_rows else w.T)
    gradient = factor / _pairs(products) * (np.sign(products) @ n)
    along = np.where(lengths > SHORTEST, (gradient * n).sum(1, keepdims=True), 0)
    gradient = (gradient - along * n) / lengths
    return gradient if by_rows else gradient.T


def _directions(vectors: Array) -> tuple[Array, Array, Array]:
    """Each vector divided by its length, the lengths, and the products of different vectors."""
    lengths = np.maximum(np.sqrt(np.square(vectors).sum(1, keepdims=True)), SHORTEST)
    n = vectors / lengths
    products = n @ n.T
    np.fill_diagonal(products, 0)
    return n, lengths, products


def _pairs(products: Array) -> float:
    """The number of pairs of vectors."""
    return len(products) * (len(products) - 1) / 2
