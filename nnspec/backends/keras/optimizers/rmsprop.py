"""RMSprop."""

from __future__ import annotations

from typing import Any

import keras

from nnspec.backends.keras.optimizers.base import KerasOptimizer, constants
from nnspec.backends.keras.rules import Numerics
from nnspec.components.optimizers.rmsprop import RMSprop


def rmsprop(optimizer: RMSprop, numerics: Numerics, common: dict[str, Any]) -> KerasOptimizer:
    """v <- rho v + (1 - rho) g^2, w <- w - lr g / sqrt(v + epsilon).

    Momentum and centering are optional.
    """
    options = constants(optimizer, numerics, "rho", "momentum", "epsilon")
    native = keras.optimizers.RMSprop(centered=optimizer.centered, **options, **common)
    slots = {
        "velocity": "_velocities",
        "momentum": "_momentums",
        "average_gradient": "_average_gradients",
    }
    return KerasOptimizer(native, slots)
