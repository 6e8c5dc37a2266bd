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
    losses_from_logits: Rules[Any]  # for losses of the numbers before the last activation
    metrics: Rules[Any]
    optimizers: Rules[Any]

    def problem(self, component: Component) -> str:
        """Why there is no rule for a component; empty if there is one."""
        is_of_logits = isinstance(component, Loss) and component.takes_logits
        tables = {
            "layer": self.layers,
            "loss": self.losses_from_logits if is_of_logits else self.losses,
            "metric": self.metrics, "optimizer": self.optimizers,
        }  # fmt: skip
        return tables[component.family].problem(component)
