"""Which function builds the Keras layer, loss, metric or optimizer of each kind."""

from __future__ import annotations

from typing import Any

from nnspec.backends import rule_modules
from nnspec.backends.rules import BackendRules
from nnspec.options.rules import Rules

LAYERS: Rules[Any] = Rules(
    "keras", "layer", "nnspec.backends.keras.layers", {
        **rule_modules.LAYERS,
        "flatten": "reshaping",
        "linear": "activations:smooth_activation",
        "sigmoid": "activations:smooth_activation",
        "silu": "activations:smooth_activation",
        "tanh": "activations:smooth_activation",
    },
)  # fmt: skip
LOSSES: Rules[Any] = Rules("keras", "loss", "nnspec.backends.keras.losses", rule_modules.LOSSES)
LOSSES_FROM_LOGITS: Rules[Any] = Rules(
    "keras",
    "loss_from_logits",
    "nnspec.backends.keras.losses",
    rule_modules.LOSSES_FROM_LOGITS,
)
METRICS: Rules[Any] = Rules("keras", "metric", "nnspec.backends.keras", rule_modules.METRICS)
OPTIMIZERS: Rules[Any] = Rules(
    "keras", "optimizer", "nnspec.backends.keras.optimizers", rule_modules.OPTIMIZERS
)

RULES = BackendRules(LAYERS, LOSSES, LOSSES_FROM_LOGITS, METRICS, OPTIMIZERS)
