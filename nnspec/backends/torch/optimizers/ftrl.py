"""FTRL."""

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
from nnspec.components.optimizers.ftrl import Ftrl


def ftrl(optimizer: Ftrl, parameters: Parameters) -> TorchOptimizer:
    """Build `FtrlDescent`."""
    native = FtrlDescent(
        parameters,
        optimizer.slots,
        power=-optimizer.learning_rate_power,
        l1=optimizer.l1_regularization_strength,
        l2=optimizer.l2_regularization_strength,
        shrinkage=optimizer.l2_shrinkage_regularization_strength,
        beta=optimizer.beta,
    )
    return own(native)


class FtrlDescent(ForeachOptimizer):
    """z <- z + g + 2 shrinkage w - (n'^p - n^p) / lr w, w <- (clip(z) - z) / quadratic, n <- n'."""

    def update(
        self, group: Mapping[str, Any], w: Tensors, g: Tensors, slots: Mapping[str, Tensors]
    ) -> None:
        if not group["lr"]:
            return
        n, z = slots["accumulator"], slots["linear"]
        before = torch._foreach_pow(n, group["power"])
        torch._foreach_add_(n, torch._foreach_mul(g, g))
        after = torch._foreach_pow(n, group["power"])
        scaled = torch._foreach_div(torch._foreach_sub(after, before), group["lr"])
        torch._foreach_add_(g, torch._foreach_mul(w, 2 * group["shrinkage"]))
        torch._foreach_sub_(g, torch._foreach_mul(scaled, w))
        torch._foreach_add_(z, g)
        torch._foreach_copy_(w, self._minimum(group, z, after))

    def _minimum(self, group: Mapping[str, Any], z: Tensors, after: Tensors) -> Tensors:
        """(clip(z, -l1, l1) - z) / (n'^p / lr + beta / lr + 2 l2)."""
        clipped = torch._foreach_clamp_max(z, group["l1"])
        torch._foreach_clamp_min_(clipped, -group["l1"])
        quadratic = torch._foreach_div(after, group["lr"])
        torch._foreach_add_(quadratic, 2 * group["l2"] + group["beta"] / group["lr"])
        return torch._foreach_div(torch._foreach_sub(clipped, z), quadratic)
