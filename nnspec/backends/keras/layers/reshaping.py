"""Flatten and Reshape on Keras."""

from __future__ import annotations

import keras

from nnspec.backends.keras.rules import KerasLayer, RuleContext
from nnspec.components.layers.reshaping import Flatten, Reshape


def reshape(_: Flatten | Reshape, context: RuleContext) -> KerasLayer:
    """Rows reshaped to the node's shape, in row-major channels-last order."""
    return keras.layers.Reshape(context.shape, **context.common)
