"""Losses of margins; the derivative where a margin is just reached is 0."""

from __future__ import annotations

import torch
from torch import Tensor

from nnspec.components.losses.base import Loss


def hinge(_: Loss, p: Tensor, y: Tensor) -> Tensor:
    """max(1 - s p, 0) for s = 1 where y > 0, else -1."""
    return torch.relu(1 - _signs(y) * p)


def squared_hinge(_: Loss, p: Tensor, y: Tensor) -> Tensor:
    """max(1 - s p, 0)^2."""
    return torch.relu(1 - _signs(y) * p).square()


def categorical_hinge(_: Loss, p: Tensor, y: Tensor) -> Tensor:
    """max(1 + max_m (1 - y_m) p_m - sum_m y_m p_m, 0); the first of equal ones counts."""
    wrong = (1 - y) * p
    largest = wrong.gather(-1, wrong.argmax(-1, keepdim=True))[..., 0]
    return torch.relu(1 + largest - (y * p).sum(-1))


def _signs(y: Tensor) -> Tensor:
    return (y > 0).to(y.dtype) * 2 - 1
