"""Optimizers on PyTorch: torch's own where its rule is the canonical one, else written here.

Torch's SGD with momentum keeps the learning rate outside the velocity, which is a different rule
once the rate changes; its RMSprop adds epsilon outside the root. Clipping and weight decay are
applied before the optimizer, in `updater`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from math import sqrt
from types import MappingProxyType
from typing import Any, NamedTuple

import torch
from torch import Tensor

from nnspec.components.optimizers.adam import AdamRule
from nnspec.components.optimizers.base import Optimizer
from nnspec.components.optimizers.rmsprop import RMSprop
from nnspec.components.optimizers.sgd import SGD

Options = Callable[[int, float], Mapping[str, float]]  # of updates made and the learning rate
Parameters = list[dict[str, Any]]  # one group, which may be empty
Tensors = list[Tensor] | tuple[Tensor, ...]
_NO_SLOTS: Mapping[str, str] = MappingProxyType({})


class TorchOptimizer(NamedTuple):
    """A torch optimizer, its options for each update, and where its state has the slots."""

    native: torch.optim.Optimizer
    options: Options
    slots: Mapping[str, str] = _NO_SLOTS  # canonical slot -> key in the native state
    counter: str = ""  # key of the number of updates in the native state


def sgd(optimizer: SGD, parameters: Parameters) -> TorchOptimizer:
    """Build `GradientDescent`, or `MomentumDescent` where the momentum is not 0."""
    if not optimizer.momentum:
        return TorchOptimizer(GradientDescent(parameters, ()), _rate_option)
    native = MomentumDescent(
        parameters,
        optimizer.slots,
        momentum=optimizer.momentum,
        nesterov=optimizer.nesterov,
    )
    return TorchOptimizer(native, _rate_option, _identical_slots(optimizer))


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
    return TorchOptimizer(native, _rate_option, _identical_slots(optimizer))


def adam(optimizer: AdamRule, parameters: Parameters) -> TorchOptimizer:
    """Build torch's Adam with epsilon / sqrt(1 - beta_2^t) in place of epsilon.

    Torch adds epsilon to the bias-corrected sqrt(v), the canonical rule to the uncorrected one.
    """

    def options(step: int, rate: float) -> Mapping[str, float]:
        correction = sqrt(1 - optimizer.beta_2 ** (step + 1))
        return {"lr": rate, "eps": optimizer.epsilon / correction}

    native = torch.optim.Adam(parameters, betas=(optimizer.beta_1, optimizer.beta_2), fused=True)
    return TorchOptimizer(
        native, options, {"momentum": "exp_avg", "velocity": "exp_avg_sq"}, "step"
    )


def _rate_option(_: int, rate: float) -> Mapping[str, float]:
    return {"lr": rate}


def _identical_slots(optimizer: Optimizer) -> Mapping[str, str]:
    return {slot: slot for slot in optimizer.slots}


class ForeachOptimizer(torch.optim.Optimizer):
    """Base of the optimizers written here, with torch's `_foreach` operations."""

    def __init__(self, parameters: Parameters, slots: Sequence[str], **options: Any) -> None:
        super().__init__(parameters, {"lr": 0.0, **options})
        self.slots = slots

    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Update every group that has weights."""
        self.step_without_hooks()

    @torch.no_grad()
    def step_without_hooks(self) -> None:
        """Do what `step` does, without torch's wrapper for hooks and its profiler."""
        for group in self.param_groups:
            weights = group["params"]
            if weights:
                slots = {slot: [self.state[w][slot] for w in weights] for slot in self.slots}
                self.update(group, weights, [w.grad for w in weights], slots)

    @abstractmethod
    def update(
        self, group: Mapping[str, Any], w: Tensors, g: Tensors, slots: Mapping[str, Tensors]
    ) -> None:
        """Update the weights `w` and the slots in place; the gradients `g` may be overwritten."""


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
        _update_averages(v, torch._foreach_mul(g, g), rho)
        if group["centered"]:
            a = slots["average_gradient"]
            _update_averages(a, g, rho)
            v = torch._foreach_sub(v, torch._foreach_mul(a, a))
        return torch._foreach_sqrt(torch._foreach_add(v, group["eps"]))


def _update_averages(averages: Tensors, values: Tensors, decay: float) -> None:
    """average <- decay average + (1 - decay) value, in place."""
    torch._foreach_mul_(averages, decay)
    torch._foreach_add_(averages, torch._foreach_mul(values, 1 - decay))
