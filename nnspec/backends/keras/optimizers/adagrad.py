"""Adagrad and Adadelta."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from nnspec.backends.keras.optimizers.base import KerasOptimizer, constants
from nnspec.backends.keras.rules import Numerics, Tensor
from nnspec.components.optimizers.adagrad import Adadelta, Adagrad


def adagrad(optimizer: Adagrad, numerics: Numerics, common: dict[str, Any]) -> KerasOptimizer:
    """n <- n + g^2, w <- w - lr g / sqrt(n + epsilon)."""
    options = constants(optimizer, numerics, "initial_accumulator_value", "epsilon")
    native = keras.optimizers.Adagrad(**options, **common)
    return KerasOptimizer(native, {"accumulator": "_accumulators"})


def adadelta(optimizer: Adadelta, numerics: Numerics, common: dict[str, Any]) -> KerasOptimizer:
    """d = g sqrt(b + epsilon) / sqrt(a + epsilon), w <- w - lr d."""
    options = constants(optimizer, numerics, "rho", "epsilon")
    native = AccurateAdadelta(**options, **common)
    slots = {
        "accumulated_gradient": "_accumulated_grads",
        "accumulated_step": "_accumulated_delta_vars",
    }
    return KerasOptimizer(native, slots)


class AccurateAdadelta(keras.optimizers.Adadelta):
    """Keras' Adadelta with constants of float64, which NumPy would multiply a variable by."""

    def update_step(self, grad: Tensor, variable: Any, learning_rate: Tensor) -> None:
        """Update one weight."""
        index = self._get_variable_index(variable)
        a, b = self._accumulated_grads[index], self._accumulated_delta_vars[index]
        self.assign(a, a * self.rho + ops.square(grad) * (1 - self.rho))
        step = grad * ops.sqrt(b + self.epsilon) / ops.sqrt(a + self.epsilon)
        self.assign(b, b * self.rho + ops.square(step) * (1 - self.rho))
        self.assign_sub(variable, step * ops.cast(learning_rate, grad.dtype))
