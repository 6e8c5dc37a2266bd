"""Penalties on weights and their gradients, by formulas."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from nnspec.analysis.backprop.activations import Floats
from nnspec.backends.contract import Weights
from nnspec.components.regularizers.base import SHORTEST
from nnspec.graph.ir import Graph


def penalties(graph: Graph, weights: Weights) -> Iterator[float]:
    """l1 sum |w| + l2 sum w^2 of each weight that has a regularizer, or that on its vectors."""
    for name, weight in graph.weights():
        if weight.regularizer:
            l1, l2 = weight.regularizer.strengths
            yield float(l1 * np.abs(weights[name]).sum() + l2 * (weights[name] ** 2).sum())
            if weight.regularizer.orthogonality:
                yield _orthogonality(weights[name], *weight.regularizer.orthogonality)[0]


def penalty_gradients(graph: Graph, weights: Weights) -> Iterator[tuple[str, Floats]]:
    """l1 sign w + 2 l2 w of each trained weight that has a regularizer, or that of its vectors."""
    for name, weight in graph.weights():
        if weight.regularizer and weight.trainable:
            l1, l2 = weight.regularizer.strengths
            yield name, l1 * np.sign(weights[name]) + 2 * l2 * weights[name]
            if weight.regularizer.orthogonality:
                yield name, _orthogonality(weights[name], *weight.regularizer.orthogonality)[1]


def _orthogonality(w: Floats, factor: float, by_rows: bool) -> tuple[float, Floats]:
    """factor times the mean |n_i . n_j| over pairs of vectors of length 1, and its gradient."""
    vectors = w if by_rows else w.T
    lengths = np.maximum(np.linalg.norm(vectors, axis=1), SHORTEST)
    value, gradient = 0.0, np.zeros_like(vectors)
    pairs = list(combinations(range(len(vectors)), 2))
    for i, j in pairs:
        product = vectors[i] @ vectors[j] / lengths[i] / lengths[j]
        value += abs(product)
        for at, other in ((i, j), (j, i)):
            along = product * vectors[at] / lengths[at] * (lengths[at] > SHORTEST)
            towards = vectors[other] / lengths[other] - along
            gradient[at] += np.sign(product) * towards / lengths[at]
    scale = factor / len(pairs)
    return scale * value, scale * (gradient if by_rows else gradient.T)
