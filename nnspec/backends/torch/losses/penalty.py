"""Penalties on weights."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from nnspec.backends.torch.weights import BoundWeight


def penalty(weights: Iterable[BoundWeight]) -> Tensor | None:
    """Sum of l1 sum |w| + l2 sum w^2 over the regularized weights; None if there are none."""
    terms = [term for weight in weights for term in _penalty_terms(weight)]
    return torch.stack(terms).sum() if terms else None


def _penalty_terms(bound: BoundWeight) -> Iterable[Tensor]:
    """Yield l1 sum |w| and l2 sum w^2 of a weight, each only where its strength is not 0."""
    if bound.declaration.regularizer is not None:
        l1, l2 = bound.declaration.regularizer.strengths
        if l1:
            yield l1 * bound.tensor.abs().sum()
        if l2:
            yield l2 * (bound.tensor * bound.tensor).sum()
