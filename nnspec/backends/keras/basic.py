"""Rules for dense layers and layers that only change the shape."""

from __future__ import annotations

from typing import Any

import keras

from nnspec.backends.keras.rules import Arithmetic, KerasLayer, rule
from nnspec.graph import Node
from nnspec.layers.core import Dense
from nnspec.layers.reshape import Flatten, Reshape


@rule.register(Dense)
def dense(node: Node, _: Arithmetic, common: dict[str, Any]) -> KerasLayer:
    """y = x W + b."""
    return keras.layers.Dense(node.shape[-1], use_bias="bias" in node.weights, **common)


@rule.register(Flatten, Reshape)
def reshape(node: Node, _: Arithmetic, common: dict[str, Any]) -> KerasLayer:
    """The same numbers under another shape."""
    return keras.layers.Reshape(tuple(map(int, node.shape)), **common)
