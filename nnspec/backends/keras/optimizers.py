"""Keras optimizers whose update formulas equal the other backends'.

Each function returns a Keras optimizer and the names of its attributes that hold the slots
(per-weight state, such as momentum).
"""

from __future__ import annotations

from math import inf, log
from typing import Any, NamedTuple

import keras
from keras import ops

from nnspec.backends.keras import registry
from nnspec.backends.keras.rules import Numerics, Tensor
from nnspec.components.optimizers.adam import AdamRule
from nnspec.components.optimizers.base import Optimizer
from nnspec.components.optimizers.rmsprop import RMSprop
from nnspec.components.optimizers.sgd import SGD

CLIPPING = ("clipvalue", "clipnorm", "global_clipnorm")


class KerasOptimizer(NamedTuple):
    """A Keras optimizer, and the attributes that hold its slots."""

    native: Any
    slots: dict[str, str]  # slot -> attribute, a list with a variable for each trained weight

    def variables(self, slot: str) -> list[Any]:
        """Variables of a slot, in the order of the trained weights."""
        found: list[Any] = getattr(self.native, self.slots[slot])
        return found


def build_optimizer(
    optimizer: Optimizer, variables: list[Any], numerics: Numerics
) -> KerasOptimizer:
    """Build the Keras optimizer of variables; the learning rate is set before each update."""
    options = {name: getattr(optimizer, name) for name in (*CLIPPING, "weight_decay")}
    common = {name: numerics.constant(value) for name, value in options.items() if value}
    common["learning_rate"] = numerics.constant(optimizer.rate(0))
    built = registry.OPTIMIZERS[optimizer](optimizer, numerics, common)
    built.native.build(variables)
    return built


def sgd(optimizer: SGD, numerics: Numerics, common: dict[str, Any]) -> KerasOptimizer:
    """w <- w - lr g; with momentum, v <- m v - lr g and w <- w + v."""
    momentum = numerics.constant(optimizer.momentum)
    native = keras.optimizers.SGD(momentum=momentum, nesterov=optimizer.nesterov, **common)
    return KerasOptimizer(native, {"momentum": "momentums"})


def rmsprop(optimizer: RMSprop, numerics: Numerics, common: dict[str, Any]) -> KerasOptimizer:
    """v <- rho v + (1 - rho) g^2, w <- w - lr g / sqrt(v + epsilon).

    Momentum and centering are optional.
    """
    constants = {
        name: numerics.constant(getattr(optimizer, name)) for name in ("rho", "momentum", "epsilon")
    }
    native = keras.optimizers.RMSprop(centered=optimizer.centered, **constants, **common)
    slots = {
        "velocity": "_velocities",
        "momentum": "_momentums",
        "average_gradient": "_average_gradients",
    }
    return KerasOptimizer(native, slots)


def adam(optimizer: AdamRule, numerics: Numerics, common: dict[str, Any]) -> KerasOptimizer:
    """w <- w - alpha m / (sqrt(v) + epsilon), with m and v the running means of g and g^2."""
    names = ("beta_1", "beta_2", "epsilon")
    constants = {name: numerics.constant(getattr(optimizer, name)) for name in names}
    native = AccurateAdam(**constants, **common)
    return KerasOptimizer(native, {"momentum": "_momentums", "velocity": "_velocities"})


class AccurateAdam(keras.optimizers.Adam):
    """Keras' Adam with the bias correction 1 - beta^t computed by `expm1`.

    In float32 Keras' own 1 - 0.999^t is wrong in the fifth digit at the first update.
    """

    def update_step(self, gradient: Tensor, variable: Any, learning_rate: Tensor) -> None:
        """Update one weight."""
        index = self._get_variable_index(variable)
        m, v = self._momentums[index], self._velocities[index]
        self.assign_add(m, (gradient - m) * (1 - self.beta_1))
        self.assign_add(v, (ops.square(gradient) - v) * (1 - self.beta_2))
        rate = ops.cast(learning_rate, gradient.dtype) * self._correction(gradient.dtype)
        self.assign_sub(variable, m * rate / (ops.sqrt(v) + self.epsilon))

    def _correction(self, dtype: Any) -> Tensor:
        """sqrt(1 - beta_2^t) / (1 - beta_1^t) for the current update t."""
        t = ops.cast(self.iterations + 1, dtype)
        return ops.sqrt(_one_minus_power(t, self.beta_2)) / _one_minus_power(t, self.beta_1)


def _one_minus_power(t: Tensor, beta: float) -> Tensor:
    """1 - beta^t = -expm1(t ln beta)."""
    return -ops.expm1(t * type(beta)(log(beta) if beta else -inf))
