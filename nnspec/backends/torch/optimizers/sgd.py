"""Stochastic gradient descent.

Torch's SGD with momentum keeps the learning rate outside the velocity, which is a different rule
once the rate changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from nnspec.backends.torch.optimizers.base import (
    ForeachOptimizer,
    Parameters,
    Tensors,
    TorchOptimizer,
    own,
)
from nnspec.components.optimizers.sgd import SGD


def sgd(optimizer: SGD, parameters: Parameters) -> TorchOptimizer:
    """Build `GradientDescent`, or `MomentumDescent` where the momentum is not 0."""
    if not optimizer.momentum:
        return own(GradientDescent(parameters, ()))
    native = MomentumDescent(
        parameters,
        optimizer.slots,
        momentum=optimizer.momentum,
        nesterov=optimizer.nesterov,
    )
    return own(native)


class GradientDescent(ForeachOptimizer):
    """w <- w - lr g, in one call for all weights; torch's own SGD has more overhead per update."""

    def update(
        self, group: Mapping[str, Any], w: Tensors, g: Tensors, slots: Mapping[str, Tensors]
    ) -> None:
        torch._foreach_add_(w, g, alpha=-group["lr"])


class MomentumDescent(ForeachOptimizer):
    """v <- m v - lr g, w <- w + v; with `nesterov`, w <- w + m v - lr g."""

    def update(
        self, group: Mapping[str, Any], w: Tensors, g: Tensors, slots: Mapping[str, Tensors]
    ) -> None:
        m, v = group["momentum"], slots["momentum"]
        torch._foreach_mul_(g, group["lr"])
        torch._foreach_mul_(v, m)
        torch._foreach_sub_(v, g)
        if group["nesterov"]:
            torch._foreach_sub_(w, g)
            torch._foreach_add_(w, torch._foreach_mul(v, m))
        else:
            torch._foreach_add_(w, v)
