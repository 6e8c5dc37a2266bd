"""Constraints of weights, applied in place after an update."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from nnspec.backends.torch.weights import BoundWeight
from nnspec.components.constraints.base import NORM_EPSILON, Constraint, NormRange


@torch.no_grad()
def constrain(weights: Iterable[BoundWeight]) -> None:
    """Replace the numbers of each constrained weight, whose axes are those of Keras' layout."""
    for weight in weights:
        if weight.declaration.constraint:
            w = weight.in_canonical_layout(weight.tensor)
            w = _constrained(w, weight.declaration.constraint)
            weight.tensor.copy_(weight.in_native_layout(w))


def _constrained(w: Tensor, constraint: Constraint) -> Tensor:
    """The numbers raised to the lower bound, then the vectors scaled to the norms' range."""
    bound = constraint.lower_bound
    if bound is not None:
        w = torch.where(w < bound, bound, w)
    return w * _scales(w, constraint.norm_range) if constraint.norm_range else w


def _scales(w: Tensor, norms: NormRange) -> Tensor:
    """m / (n + epsilon) of each vector of norm n, with m the norm that it is to have."""
    n = (w * w).sum(norms.axes, keepdim=True).sqrt()
    m = n.clamp(norms.minimum, norms.maximum) * norms.rate + n * (1 - norms.rate)
    return m / (n + NORM_EPSILON)
