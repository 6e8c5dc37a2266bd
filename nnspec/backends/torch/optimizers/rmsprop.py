"""RMSprop; torch's own adds epsilon outside the root."""

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
    update_averages,
)
from nnspec.components.optimizers.rmsprop import RMSprop


def rmsprop(optimizer: RMSprop, parameters: Parameters) -> TorchOptimizer:
    """Build `RMSpropDescent`."""
    native = RMSpropDescent(
        parameters,
        optimizer.slots,
        rho=optimizer.rho,
        momentum=optimizer.momentum,
        eps=optimizer.epsilon,
        centered=optimizer.centered,
    )
    return own(native)


class RMSpropDescent(ForeachOptimizer):
    """v <- rho v + (1 - rho) g^2, b <- m b + lr g / sqrt(v + eps), w <- w - b.

    With `centered`, a <- rho a + (1 - rho) g and v - a^2 stands in location of v.
    """

    def update(
        self, group: Mapping[str, Any], w: Tensors, g: Tensors, slots: Mapping[str, Tensors]
    ) -> None:
        roots = self._roots(group, g, slots)
        torch._foreach_mul_(g, group["lr"])
        torch._foreach_div_(g, roots)
        if group["momentum"]:
            torch._foreach_mul_(slots["momentum"], group["momentum"])
            torch._foreach_add_(slots["momentum"], g)
        torch._foreach_sub_(w, slots["momentum"] if group["momentum"] else g)

    def _roots(self, group: Mapping[str, Any], g: Tensors, slots: Mapping[str, Tensors]) -> Tensors:
        """Update the averages; return sqrt(v + eps), or sqrt(v - a^2 + eps) if `centered`."""
        rho, v = group["rho"], slots["velocity"]
        update_averages(v, torch._foreach_mul(g, g), rho)
        if group["centered"]:
            a = slots["average_gradient"]
            update_averages(a, g, rho)
            v = torch._foreach_sub(v, torch._foreach_mul(a, a))
        return torch._foreach_sqrt(torch._foreach_add(v, group["eps"]))
