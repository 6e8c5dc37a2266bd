"""Adagrad and Adadelta."""

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
    rate_option,
)
from nnspec.components.optimizers.adagrad import Adadelta, Adagrad


def adagrad(optimizer: Adagrad, parameters: Parameters) -> TorchOptimizer:
    """Build `AdagradDescent`; torch's own adds epsilon outside the root."""
    return own(AdagradDescent(parameters, optimizer.slots, eps=optimizer.epsilon))


def adadelta(optimizer: Adadelta, parameters: Parameters) -> TorchOptimizer:
    """Build torch's Adadelta, whose rule is the canonical one."""
    native = torch.optim.Adadelta(parameters, rho=optimizer.rho, eps=optimizer.epsilon)
    slots = {"accumulated_gradient": "square_avg", "accumulated_step": "acc_delta"}
    return TorchOptimizer(native, rate_option, slots, "step")


class AdagradDescent(ForeachOptimizer):
    """n <- n + g^2, w <- w - lr g / sqrt(n + eps)."""

    def update(
        self, group: Mapping[str, Any], w: Tensors, g: Tensors, slots: Mapping[str, Tensors]
    ) -> None:
        n = slots["accumulator"]
        torch._foreach_add_(n, torch._foreach_mul(g, g))
        torch._foreach_mul_(g, group["lr"])
        torch._foreach_div_(g, torch._foreach_sqrt(torch._foreach_add(n, group["eps"])))
        torch._foreach_sub_(w, g)
