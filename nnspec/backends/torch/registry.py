"""Which function builds the torch module, loss, metric or optimizer of each kind."""

from __future__ import annotations

from typing import Any

from nnspec.backends import rule_modules
from nnspec.backends.rules import BackendRules
from nnspec.options.rules import Rules

LAYERS: Rules[Any] = Rules("torch", "layer", "nnspec.backends.torch.layers", rule_modules.LAYERS)
LOSSES: Rules[Any] = Rules("torch", "loss", "nnspec.backends.torch.losses", rule_modules.LOSSES)
LOSSES_FROM_LOGITS: Rules[Any] = Rules(
    "torch",
    "loss_from_logits",
    "nnspec.backends.torch.losses",
    rule_modules.LOSSES_FROM_LOGITS,
)
METRICS: Rules[Any] = Rules("torch", "metric", "nnspec.backends.torch", rule_modules.METRICS)
OPTIMIZERS: Rules[Any] = Rules(
    "torch", "optimizer", "nnspec.backends.torch.optimizers", rule_modules.OPTIMIZERS
)

RULES = BackendRules(LAYERS, LOSSES, LOSSES_FROM_LOGITS, METRICS, OPTIMIZERS)
