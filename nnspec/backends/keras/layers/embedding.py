"""Embedding on Keras."""

from __future__ import annotations

import keras

from nnspec.backends.keras.rules import KerasLayer, RuleContext
from nnspec.components.layers.embedding import Embedding


def embedding(layer: Embedding, context: RuleContext) -> KerasLayer:
    """y = E[x]."""
    return keras.layers.Embedding(layer.input_dim, layer.output_dim, **context.common)
