"""Lion."""

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
from nnspec.components.optimizers.lion import Lion


def lion(optimizer: Lion, parameters: Parameters) -> TorchOptimizer:
    """Build `LionDescent`."""
    betas = {"beta_1": optimizer.beta_1, "beta_2": optimizer.beta_2}
    return own(LionDescent(parameters, optimizer.slots, **betas))


class LionDescent(ForeachOptimizer):
    """w <- w - lr sign(b1 m + (1 - b1) g), m <- b2 m + (1 - b2) g."""

    def update(
        self, group: Mapping[str, Any], w: Tensors, g: Tensors, slots: Mapping[str, Tensors]
    ) -> None:
        m = slots["momentum"]
        step = torch._foreach_mul(m, group["beta_1"])
        torch._foreach_add_(step, torch._foreach_mul(g, 1 - group["beta_1"]))
        torch._foreach_sign_(step)
        torch._foreach_mul_(step, group["lr"])
        torch._foreach_sub_(w, step)
        update_averages(m, g, group["beta_2"])
