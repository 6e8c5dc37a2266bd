"""Layers on Keras that change the shape and nothing else."""

from __future__ import annotations

import keras

from nnspec.backends.keras.rules import KerasLayer, RuleContext
from nnspec.components.layers.reshaping import Flatten, Permute, RepeatVector, Reshape


def flatten(_: Flatten, context: RuleContext) -> KerasLayer:
    """All elements of a row as one axis, in row-major channels-last order."""
    return keras.layers.Flatten(data_format="channels_last", **context.common)


def reshape(_: Reshape, context: RuleContext) -> KerasLayer:
    """Rows reshaped to the node's shape, in row-major channels-last order."""
    return keras.layers.Reshape(context.shape, **context.common)


def permute(layer: Permute, context: RuleContext) -> KerasLayer:
    """Rows with their axes in another order."""
    return keras.layers.Permute(layer.dims, **context.common)


def repeat_vector(layer: RepeatVector, context: RuleContext) -> KerasLayer:
    """Each row n times."""
    return keras.layers.RepeatVector(layer.n, **context.common)
