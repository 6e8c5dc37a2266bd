"""Adam and its kin: Adamax, Nadam, LAMB."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Any

import torch

from nnspec.backends.torch.optimizers.base import (
    ForeachOptimizer,
    Parameters,
    Tensors,
    TorchOptimizer,
    own,
)
from nnspec.components.optimizers.adam import AdamRule
from nnspec.components.optimizers.adamax import Adamax
from nnspec.components.optimizers.lamb import Lamb
from nnspec.components.optimizers.nadam import Nadam

_ADAM_STATE = {
    "momentum": "exp_avg",
    "velocity": "exp_avg_sq",
    "velocity_hat": "max_exp_avg_sq",
}


def adam(optimizer: AdamRule, parameters: Parameters) -> TorchOptimizer:
    """Build torch's Adam with epsilon / sqrt(1 - beta_2^t) in place of epsilon.

    Torch adds epsilon to the bias-corrected sqrt(v), the canonical rule to the uncorrected one.
    """

    def options(step: int, rate: float) -> Mapping[str, float]:
        correction = sqrt(1 - optimizer.beta_2 ** (step + 1))
        return {"lr": rate, "eps": optimizer.epsilon / correction}

    betas = optimizer.beta_1, optimizer.beta_2
    native = torch.optim.Adam(parameters, betas=betas, amsgrad=optimizer.amsgrad, fused=True)
    return TorchOptimizer(native, options, {s: _ADAM_STATE[s] for s in optimizer.slots}, "step")


def adamax(optimizer: Adamax, parameters: Parameters) -> TorchOptimizer:
    """Build `AdamaxDescent`; torch's own adds epsilon to |g|."""

    def options(step: int, rate: float) -> Mapping[str, float]:
        return {"lr": rate * optimizer.correction(step)}

    return own(AdamaxDescent(parameters, optimizer.slots, **_hyperparameters(optimizer)), options)


def nadam(optimizer: Nadam, parameters: Parameters) -> TorchOptimizer:
    """Build `NadamDescent`; torch's own adds epsilon likewise, and has 0.96^(0.004 t)."""

    def options(step: int, rate: float) -> Mapping[str, float]:
        return {"lr": rate, **optimizer.coefficients(step)._asdict()}

    return own(NadamDescent(parameters, optimizer.slots, **_hyperparameters(optimizer)), options)


def lamb(optimizer: Lamb, parameters: Parameters) -> TorchOptimizer:
    """Build `LambDescent`."""

    def options(step: int, rate: float) -> Mapping[str, float]:
        return {"lr": rate, **optimizer.corrections(step)._asdict()}

    return own(LambDescent(parameters, optimizer.slots, **_hyperparameters(optimizer)), options)


def _hyperparameters(optimizer: Adamax | Nadam | Lamb) -> dict[str, float]:
    return {"beta_1": optimizer.beta_1, "beta_2": optimizer.beta_2, "eps": optimizer.epsilon}


class AdamaxDescent(ForeachOptimizer):
    """u <- max(b2 u, |g|), w <- w - lr m / (u + eps), with m the running mean of g."""

    def update(
        self, group: Mapping[str, Any], w: Tensors, g: Tensors, slots: Mapping[str, Tensors]
    ) -> None:
        m, u = slots["momentum"], slots["norm"]
        torch._foreach_lerp_(m, g, 1 - group["beta_1"])
        torch._foreach_mul_(u, group["beta_2"])
        torch._foreach_maximum_(u, torch._foreach_abs(g))
        step = torch._foreach_mul(m, group["lr"])
        torch._foreach_div_(step, torch._foreach_add(u, group["eps"]))
        torch._foreach_sub_(w, step)


class NadamDescent(ForeachOptimizer):
    """w <- w - lr (a m + b g) / (sqrt(c v) + eps), with the update's coefficients a, b, c."""

    def update(
        self, group: Mapping[str, Any], w: Tensors, g: Tensors, slots: Mapping[str, Tensors]
    ) -> None:
        _update_moments(group, g, slots)
        step = torch._foreach_mul(slots["momentum"], group["momentum"])
        torch._foreach_add_(step, torch._foreach_mul(g, group["gradient"]))
        torch._foreach_mul_(step, group["lr"])
        torch._foreach_div_(step, _roots(group, slots))
        torch._foreach_sub_(w, step)


class LambDescent(ForeachOptimizer):
    """w <- w - lr (|w| / |s|) s, with s the step of Adam; the ratio is 1 where a norm is 0."""

    def update(
        self, group: Mapping[str, Any], w: Tensors, g: Tensors, slots: Mapping[str, Tensors]
    ) -> None:
        _update_moments(group, g, slots)
        step = torch._foreach_mul(slots["momentum"], group["momentum"])
        torch._foreach_div_(step, _roots(group, slots))
        norms, lengths = (torch.stack(torch._foreach_norm(each)) for each in (w, step))
        ratios = torch.where((norms > 0) & (lengths > 0), norms / lengths, 1.0)
        torch._foreach_mul_(step, (ratios * group["lr"]).unbind())
        torch._foreach_sub_(w, step)


def _update_moments(group: Mapping[str, Any], g: Tensors, slots: Mapping[str, Tensors]) -> None:
    """m <- m + (1 - b1)(g - m), v <- v + (1 - b2)(g^2 - v)."""
    torch._foreach_lerp_(slots["momentum"], g, 1 - group["beta_1"])
    torch._foreach_lerp_(slots["velocity"], torch._foreach_mul(g, g), 1 - group["beta_2"])


def _roots(group: Mapping[str, Any], slots: Mapping[str, Tensors]) -> Tensors:
    """sqrt(c v) + eps."""
    roots = torch._foreach_mul(slots["velocity"], group["velocity"])
    torch._foreach_sqrt_(roots)
    torch._foreach_add_(roots, group["eps"])
    return roots
