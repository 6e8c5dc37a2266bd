"""Losses of distributions and counts."""

from __future__ import annotations

from torch import Tensor

from nnspec.backends.torch.losses.formula import EPSILON
from nnspec.components.losses.base import Loss


def kl_divergence(_: Loss, p: Tensor, y: Tensor) -> Tensor:
    """sum_m y_m ln(y_m / p_m) with y and p clipped to [1e-7, 1]."""
    y = y.clamp(EPSILON, 1)
    return (y * (y / p.clamp(EPSILON, 1)).log()).sum(-1)


def poisson(_: Loss, p: Tensor, y: Tensor) -> Tensor:
    """p - y ln(p + 1e-7)."""
    return p - y * (p + EPSILON).log()
