"""Optimizers: torch's own where they can be made to mean the same, else written here.

Torch's SGD with momentum keeps the learning rate outside the velocity, which is another rule
once the rate changes; its RMSprop adds epsilon outside the root. Clipping and weight decay come
before any of them and are done elsewhere.
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

Options = Callable[[int], Mapping[str, float]]  # for the update that so many came before
Parameters = list[dict[str, Any]]  # one group, which may be empty
Tensors = list[Tensor] | tuple[Tensor, ...]
_NO_SLOTS: Mapping[str, str] = MappingProxyType({})


class BuiltOptimizer(NamedTuple):
    """An optimizer of torch's kind, and how to use it as ours."""

    native: torch.optim.Optimizer
    options: Options
    slots: Mapping[str, str] = _NO_SLOTS  # our slot -> its name in the native state
    counter: str = ""  # the name of the number of updates in the native state


def sgd(of: SGD, parameters: Parameters) -> BuiltOptimizer:
    """`Descent`, or `Momentum`."""
    if not of.momentum:
        return BuiltOptimizer(Descent(parameters, ()), _rate(of))
    native = Momentum(parameters, of.slots, momentum=of.momentum, nesterov=of.nesterov)
    return BuiltOptimizer(native, _rate(of), _same(of))


def rmsprop(of: RMSprop, parameters: Parameters) -> BuiltOptimizer:
    """`RootMeanSquare`."""
    options = {"rho": of.rho, "momentum": of.momentum, "eps": of.epsilon, "centered": of.centered}
    return BuiltOptimizer(RootMeanSquare(parameters, of.slots, **options), _rate(of), _same(of))


def adam(of: AdamRule, parameters: Parameters) -> BuiltOptimizer:
    """Torch's Adam, which corrects sqrt(v) before it adds epsilon: so epsilon is corrected too."""

    def options(step: int) -> Mapping[str, float]:
        return {"lr": of.rate(step), "eps": of.epsilon / sqrt(1 - of.beta_2 ** (step + 1))}

    native = torch.optim.Adam(parameters, betas=(of.beta_1, of.beta_2), fused=True)
    return BuiltOptimizer(
        native, options, {"momentum": "exp_avg", "velocity": "exp_avg_sq"}, "step"
    )


def _rate(of: Optimizer) -> Options:
    return lambda step: {"lr": of.rate(step)}


def _same(of: Optimizer) -> Mapping[str, str]:
    return {slot: slot for slot in of.slots}


class OwnOptimizer(torch.optim.Optimizer):
    """An optimizer of our own: its options, and the names of its slots."""

    def __init__(self, parameters: Parameters, slots: Sequence[str], **options: Any) -> None:
        super().__init__(parameters, {"lr": 0.0, **options})
        self.slots = slots

    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One update of every group that has weights."""
        self.advance()

    @torch.no_grad()
    def advance(self) -> None:
        """The same without what torch lays around `step`, for hooks and its profiler."""
        for group in self.param_groups:
            weights = group["params"]
            if weights:
                slots = {slot: [self.state[w][slot] for w in weights] for slot in self.slots}
                self.update(group, weights, [w.grad for w in weights], slots)

    @abstractmethod
    def update(
        self, group: Mapping[str, Any], w: Tensors, g: Tensors, slots: Mapping[str, Tensors]
    ) -> None:
        """Change the weights `w` and the slots in place; the gradients `g` may be overwritten."""


class Descent(OwnOptimizer):
    """w <- w - lr g, in one call for all weights; torch's own spends longer on choosing its way."""

    def update(
        self, group: Mapping[str, Any], w: Tensors, g: Tensors, slots: Mapping[str, Tensors]
    ) -> None:
        torch._foreach_add_(w, g, alpha=-group["lr"])


class Momentum(OwnOptimizer):
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


class RootMeanSquare(OwnOptimizer):
    """v <- rho v + (1 - rho) g^2, b <- m b + lr g / sqrt(v + eps), w <- w - b.

    With `centered`, a <- rho a + (1 - rho) g and v - a^2 stands in place of v.
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
        """The roots sqrt(v + eps), or sqrt(v - a^2 + eps), after the averages have followed."""
        rho, v = group["rho"], slots["velocity"]
        _follow(v, torch._foreach_mul(g, g), rho)
        if group["centered"]:
            a = slots["average_gradient"]
            _follow(a, g, rho)
            v = torch._foreach_sub(v, torch._foreach_mul(a, a))
        return torch._foreach_sqrt(torch._foreach_add(v, group["eps"]))


def _follow(averages: Tensors, values: Tensors, share: float) -> None:
    """Each average becomes share average + (1 - share) value."""
    torch._foreach_mul_(averages, share)
    torch._foreach_add_(averages, torch._foreach_mul(values, 1 - share))
