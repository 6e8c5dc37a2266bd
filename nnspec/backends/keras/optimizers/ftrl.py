"""FTRL."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from nnspec.backends.keras.optimizers.base import KerasOptimizer, constants
from nnspec.backends.keras.rules import Numerics, Tensor
from nnspec.components.optimizers.ftrl import Ftrl

_OPTIONS = (
    "learning_rate_power",
    "initial_accumulator_value",
    "l1_regularization_strength",
    "l2_regularization_strength",
    "l2_shrinkage_regularization_strength",
    "beta",
)


def ftrl(optimizer: Ftrl, numerics: Numerics, common: dict[str, Any]) -> KerasOptimizer:
    """Follow the regularized leader."""
    native = FtrlAtAnyRate(**constants(optimizer, numerics, *_OPTIONS), **common)
    return KerasOptimizer(native, {"accumulator": "_accumulators", "linear": "_linears"})


class FtrlAtAnyRate(keras.optimizers.Ftrl):
    """Keras' Ftrl, whose updates at a learning rate of 0 change nothing."""

    def update_step(self, gradient: Tensor, variable: Any, learning_rate: Tensor) -> None:
        """Update one weight."""
        rate = ops.cast(learning_rate, gradient.dtype)
        used = ops.where(rate > 0, rate, ops.ones_like(rate))
        index, power = self._get_variable_index(variable), -self.learning_rate_power
        n, z = self._accumulators[index], self._linears[index]
        total = n + ops.square(gradient)
        after = ops.power(total, power)
        shrinkage = gradient + variable * (2 * self.l2_shrinkage_regularization_strength)
        linear = z + shrinkage - variable * ((after - ops.power(n, power)) / used)
        values = self._minimum(linear, after, used), total, linear
        for each, value in zip((variable, n, z), values, strict=True):
            self.assign(each, ops.where(rate > 0, value, ops.convert_to_tensor(each)))

    def _minimum(self, linear: Tensor, after: Tensor, rate: Tensor) -> Tensor:
        """(clip(z, -l1, l1) - z) / (n'^p / lr + beta / lr + 2 l2)."""
        l1 = self.l1_regularization_strength
        quadratic = (after + self.beta) / rate + 2 * self.l2_regularization_strength
        return (ops.clip(linear, -l1, l1) - linear) / quadratic
