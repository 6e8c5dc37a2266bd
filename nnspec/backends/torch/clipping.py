"""Gradient clipping, in place and without synchronizing with the device."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from nnspec.components.optimizers.base import Optimizer

Gradients = list[Tensor]
Clip = Callable[[Gradients], None]


def clip_function(optimizer: Optimizer) -> Clip | None:
    """Return the clipping that the optimizer's options ask for, or None."""
    if optimizer.clipvalue is not None:
        return by_value(optimizer.clipvalue)
    if optimizer.clipnorm is not None:
        return by_norm(optimizer.clipnorm)
    return by_global_norm(optimizer.global_clipnorm) if optimizer.global_clipnorm else None


def by_value(limit: float) -> Clip:
    """Clip each element to [-limit, limit]."""

    def clip(gradients: Gradients) -> None:
        torch._foreach_clamp_min_(gradients, -limit)
        torch._foreach_clamp_max_(gradients, limit)

    return clip


def by_norm(limit: float) -> Clip:
    """Scale each gradient: g <- g limit / max(|g|, limit)."""

    def clip(gradients: Gradients) -> None:
        norms = torch.stack(torch._foreach_norm(gradients))
        scales = limit / norms.clamp_min(limit)
        torch._foreach_mul_(gradients, scales.unbind())

    return clip


def by_global_norm(limit: float) -> Clip:
    """Scale all gradients by limit / max(norm of all, limit).

    `torch.nn.utils.clip_grad_norm_` adds 1e-6 to the norm, which gives other numbers.
    """

    def clip(gradients: Gradients) -> None:
        norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
        torch._foreach_mul_(gradients, limit / norm.clamp_min(limit))

    return clip
