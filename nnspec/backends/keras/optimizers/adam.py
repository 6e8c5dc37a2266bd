"""Adam and its kin: Adamax, Nadam, LAMB.

All have the bias correction 1 - beta^t computed by `expm1`: in float32 Keras' own 1 - 0.999^t is
wrong in the fifth digit at the first update.
"""

from __future__ import annotations

from math import inf, log
from typing import Any

import keras
import numpy as np
from keras import ops

from nnspec.backends.keras.optimizers.base import KerasOptimizer, constants
from nnspec.backends.keras.rules import Numerics, Tensor
from nnspec.components.optimizers.adam import AdamRule
from nnspec.components.optimizers.adamax import Adamax
from nnspec.components.optimizers.lamb import Lamb
from nnspec.components.optimizers.nadam import DECAY, WARMUP_PRODUCTS, Nadam

_MOMENTS = {
    "momentum": "_momentums",
    "velocity": "_velocities",
    "velocity_hat": "_velocity_hats",
}


def adam(optimizer: AdamRule, numerics: Numerics, common: dict[str, Any]) -> KerasOptimizer:
    """w <- w - alpha m / (sqrt(v) + epsilon), with m and v the running means of g and g^2."""
    native = AccurateAdam(amsgrad=optimizer.amsgrad, **_options(optimizer, numerics), **common)
    return KerasOptimizer(native, _MOMENTS)


def adamax(optimizer: Adamax, numerics: Numerics, common: dict[str, Any]) -> KerasOptimizer:
    """w <- w - lr m / (1 - b1^t) / (u + epsilon), with u the largest recent |g|."""
    native = AccurateAdamax(**_options(optimizer, numerics), **common)
    return KerasOptimizer(native, {"momentum": "_m", "norm": "_u"})


def nadam(optimizer: Nadam, numerics: Numerics, common: dict[str, Any]) -> KerasOptimizer:
    """Adam with Nesterov momentum that warms up."""
    native = StatelessNadam(numerics, **_options(optimizer, numerics), **common)
    return KerasOptimizer(native, _MOMENTS)


def lamb(optimizer: Lamb, numerics: Numerics, common: dict[str, Any]) -> KerasOptimizer:
    """w <- w - lr (|w| / |s|) s, with s the step of Adam."""
    native = AccurateLamb(**_options(optimizer, numerics), **common)
    return KerasOptimizer(native, _MOMENTS)


def _options(optimizer: AdamRule | Adamax | Nadam | Lamb, numerics: Numerics) -> dict[str, float]:
    return constants(optimizer, numerics, "beta_1", "beta_2", "epsilon")


class MomentAdam(keras.optimizers.Adam):
    """Base class: the moments of the gradient, and their bias corrections."""

    def update_moments(self, gradient: Tensor, variable: Any) -> tuple[Any, Any]:
        """Update m and v of a weight, and return them."""
        index = self._get_variable_index(variable)
        m, v = self._momentums[index], self._velocities[index]
        self.assign_add(m, (gradient - m) * (1 - self.beta_1))
        self.assign_add(v, (ops.square(gradient) - v) * (1 - self.beta_2))
        return m, v

    def corrections(self, dtype: Any) -> tuple[Tensor, Tensor]:
        """1 - beta_1^t and 1 - beta_2^t for the current update t."""
        t = ops.cast(self.iterations + 1, dtype)
        return _one_minus_power(t, self.beta_1), _one_minus_power(t, self.beta_2)


class AccurateAdam(MomentAdam):
    """Keras' Adam with accurate bias corrections."""

    def update_step(self, gradient: Tensor, variable: Any, learning_rate: Tensor) -> None:
        """Update one weight."""
        m, v = self.update_moments(gradient, variable)
        if self.amsgrad:
            largest = self._velocity_hats[self._get_variable_index(variable)]
            self.assign(largest, ops.maximum(largest, v))
            v = largest
        first, second = self.corrections(gradient.dtype)
        rate = ops.cast(learning_rate, gradient.dtype) * (ops.sqrt(second) / first)
        self.assign_sub(variable, m * rate / (ops.sqrt(v) + self.epsilon))


class AccurateLamb(MomentAdam):
    """Keras' Lamb with accurate bias corrections."""

    def update_step(self, gradient: Tensor, variable: Any, learning_rate: Tensor) -> None:
        """Update one weight."""
        m, v = self.update_moments(gradient, variable)
        first, second = self.corrections(gradient.dtype)
        step = m / first / (ops.sqrt(v / second) + self.epsilon)
        norm, length = _norm(variable), _norm(step)
        known = ops.logical_and(norm > 0, length > 0)
        ratio = ops.where(known, norm / ops.where(known, length, 1), ops.ones_like(norm))
        self.assign_sub(variable, ops.cast(learning_rate, gradient.dtype) * ratio * step)


class StatelessNadam(MomentAdam):
    """Keras' Nadam, with the product of the momenta from a table in place of a variable.

    TensorFlow would round Keras' own 0.96 to float32; and a product in a variable would belong to
    the checkpoint.
    """

    def __init__(self, numerics: Numerics, **options: Any) -> None:
        super().__init__(**options)
        self._decay, self._half = numerics.constant(DECAY), numerics.constant(0.5)

    def update_step(self, gradient: Tensor, variable: Any, learning_rate: Tensor) -> None:
        """Update one weight."""
        m, v = self.update_moments(gradient, variable)
        t = ops.cast(self.iterations + 1, gradient.dtype)
        now, following = self._momentum(t), self._momentum(t + 1)
        product = self._product(t)
        step = m * (following / (1 - product * following)) + gradient * ((1 - now) / (1 - product))
        root = ops.sqrt(v / _one_minus_power(t, self.beta_2)) + self.epsilon
        self.assign_sub(variable, step * ops.cast(learning_rate, gradient.dtype) / root)

    def _momentum(self, t: Tensor) -> Tensor:
        """beta_1 (1 - 0.96^t / 2)."""
        return (1 - ops.power(self._decay, t) * self._half) * self.beta_1

    def _product(self, t: Tensor) -> Tensor:
        """The product of the momenta of all updates up to t."""
        products = ops.cast(np.array(WARMUP_PRODUCTS), t.dtype)
        index = ops.minimum(ops.cast(self.iterations + 1, "int32"), len(WARMUP_PRODUCTS) - 1)
        return ops.power(self.beta_1, t) * ops.take(products, index)


class AccurateAdamax(keras.optimizers.Adamax):
    """Keras' Adamax with an accurate bias correction."""

    def update_step(self, gradient: Tensor, variable: Any, learning_rate: Tensor) -> None:
        """Update one weight."""
        index = self._get_variable_index(variable)
        m, u = self._m[index], self._u[index]
        self.assign_add(m, (gradient - m) * (1 - self.beta_1))
        self.assign(u, ops.maximum(u * self.beta_2, ops.abs(gradient)))
        t = ops.cast(self.iterations + 1, gradient.dtype)
        rate = ops.cast(learning_rate, gradient.dtype) / _one_minus_power(t, self.beta_1)
        self.assign_sub(variable, m * rate / (u + self.epsilon))


def _norm(values: Tensor) -> Tensor:
    """The Euclidean norm of all numbers."""
    return ops.sqrt(ops.sum(ops.square(values)))


def _one_minus_power(t: Tensor, beta: float) -> Tensor:
    """1 - beta^t = -expm1(t ln beta)."""
    return -ops.expm1(t * type(beta)(log(beta) if beta else -inf))
