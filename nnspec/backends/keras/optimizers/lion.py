"""Lion."""

from __future__ import annotations

from typing import Any

import keras

from nnspec.backends.keras.optimizers.base import KerasOptimizer, constants
from nnspec.backends.keras.rules import Numerics
from nnspec.components.optimizers.lion import Lion


def lion(optimizer: Lion, numerics: Numerics, common: dict[str, Any]) -> KerasOptimizer:
    """w <- w - lr sign(b1 m + (1 - b1) g), m <- b2 m + (1 - b2) g."""
    options = constants(optimizer, numerics, "beta_1", "beta_2")
    native = keras.optimizers.Lion(**options, **common)
    return KerasOptimizer(native, {"momentum": "_momentums"})
