"""Dense layer on Keras."""

from __future__ import annotations

import keras

from nnspec.backends.keras.rules import KerasLayer, RuleContext
from nnspec.components.layers.dense import Dense


def dense(layer: Dense, context: RuleContext) -> KerasLayer:
    """y = x W + b."""
    return keras.layers.Dense(layer.units, use_bias=layer.use_bias, **context.common)
