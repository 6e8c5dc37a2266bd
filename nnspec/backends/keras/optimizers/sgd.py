"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any

import keras

from nnspec.backends.keras.optimizers.base import KerasOptimizer, constants
from nnspec.backends.keras.rules import Numerics
from nnspec.components.optimizers.sgd import SGD


def sgd(optimizer: SGD, numerics: Numerics, common: dict[str, Any]) -> KerasOptimizer:
    """w <- w - lr g; with momentum, v <- m v - lr g and w <- w + v."""
    momentum = constants(optimizer, numerics, "momentum")
    native = keras.optimizers.SGD(nesterov=optimizer.nesterov, **momentum, **common)
    return KerasOptimizer(native, {"momentum": "momentums"})
