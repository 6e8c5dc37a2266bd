"""A backend's rules for layers, losses, metrics and optimizers."""

from __future__ import annotations

from typing import Any, NamedTuple

from nnspec.components.losses.base import Loss
from nnspec.options.component import Component
from nnspec.options.rules import Rules


class BackendRules(NamedTuple):
    """Rule tables of a backend, one for each family of components."""

    layers: Rules[Any]
    losses: Rules[Any]
    losses_from_logits: Rules[Any]  # for losses that fuse with the last activation
    metrics: Rules[Any]
    optimizers: Rules[Any]

    def supports(self, component: Component) -> bool:
        """Whether there is a rule for a component; imports no rule."""
        if isinstance(component, Loss):
            fused = not component.fuses_with or component in self.losses_from_logits
            return component in self.losses and fused
        tables = {"layer": self.layers, "metric": self.metrics, "optimizer": self.optimizers}
        return component in tables[component.family]
