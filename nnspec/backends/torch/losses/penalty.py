"""Penalties on weights."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from nnspec.backends.torch.weights import BoundWeight
from nnspec.components.regularizers.base import SHORTEST


def penalty(weights: Iterable[BoundWeight]) -> Tensor | None:
    """Sum of the penalties of the regularized weights; None if there are none."""
    terms = [term for weight in weights for term in _penalty_terms(weight)]
    return torch.stack(terms).sum() if terms else None


def _penalty_terms(bound: BoundWeight) -> Iterable[Tensor]:
    """Yield the penalties of a weight, each only where its strength is not 0."""
    regularizer = bound.declaration.regularizer
    if regularizer is not None:
        l1, l2 = regularizer.strengths
        if l1:
            yield l1 * bound.tensor.abs().sum()
        if l2:
            yield l2 * (bound.tensor * bound.tensor).sum()
        if regularizer.orthogonality:
            canonical = bound.in_canonical_layout(bound.tensor)
            yield _orthogonality(canonical, *regularizer.orthogonality)


def _orthogonality(w: Tensor, factor: float, by_rows: bool) -> Tensor:
    """factor times the mean |n_i . n_j| over pairs of rows, or columns, of length 1."""
    vectors = w if by_rows else w.T
    squares = (vectors * vectors).sum(1, keepdim=True)
    n = vectors / squares.clamp_min(SHORTEST**2).sqrt()
    pairs = len(n) * (len(n) - 1) / 2
    return factor / pairs * (n @ n.T).triu(1).abs().sum()
