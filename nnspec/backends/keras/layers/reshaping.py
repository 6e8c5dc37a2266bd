"""Flatten and reshape as Keras layers."""

from __future__ import annotations

import keras

from nnspec.backends.keras.rules import KerasLayer, RuleContext
from nnspec.components.layers.reshaping import Flatten, Reshape


def reshape(_: Flatten | Reshape, context: RuleContext) -> KerasLayer:
    """The same numbers under another shape."""
    return keras.layers.Reshape(context.shape, **context.common)
