"""Rules for dense layers and layers that only change the shape."""

from __future__ import annotations

import keras

from nnspec.backends.keras.rules import KerasLayer, Workspace, rule
from nnspec.layers.core import Dense
from nnspec.layers.reshape import Flatten, Reshape


@rule.register(Dense)
def dense(layer: Dense, space: Workspace) -> KerasLayer:
    """y = x W + b."""
    return keras.layers.Dense(layer.units, use_bias=layer.use_bias, **space.common)


@rule.register(Flatten, Reshape)
def reshape(_: Flatten | Reshape, space: Workspace) -> KerasLayer:
    """The same numbers under another shape."""
    return keras.layers.Reshape(space.shape, **space.common)
