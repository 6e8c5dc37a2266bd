"""The base class of the optimizers that torch has not, and what a rule returns.

Clipping and weight decay are applied before the optimizer, in `updater`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import torch
from torch import Tensor

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


def own(native: ForeachOptimizer, options: Options | None = None) -> TorchOptimizer:
    """What a rule returns of an optimizer written here, whose slots have the canonical names."""
    return TorchOptimizer(native, options or rate_option, {slot: slot for slot in native.slots})


def rate_option(_: int, rate: float) -> Mapping[str, float]:
    """The learning rate alone."""
    return {"lr": rate}


class ForeachOptimizer(torch.optim.Optimizer):
    """Base of the optimizers written here, with torch's `_foreach` operations."""

    def __init__(self, parameters: Parameters, slots: Iterable[str], **options: Any) -> None:
        super().__init__(parameters, {"lr": 0.0, **options})
        self.slots = tuple(slots)

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


def update_averages(averages: Tensors, values: Tensors, decay: float) -> None:
    """average <- decay average + (1 - decay) value, in place."""
    torch._foreach_mul_(averages, decay)
    torch._foreach_add_(averages, torch._foreach_mul(values, 1 - decay))
