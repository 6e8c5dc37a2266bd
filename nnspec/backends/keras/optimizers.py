"""Keras' optimizers, with the arithmetic that the canonical ones need.

Each rule gives a Keras optimizer and the attributes under which that keeps its slots.
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


class BuiltOptimizer(NamedTuple):
    """A Keras optimizer."""

    optimizer: Any
    slots: dict[str, str]  # slot -> attribute, a list with a variable for each trained weight

    def variables(self, slot: str) -> list[Any]:
        """A slot's variables, in the order of the trained weights."""
        found: list[Any] = getattr(self.optimizer, self.slots[slot])
        return found


def make(of: Optimizer, variables: list[Any], arithmetic: Numerics) -> BuiltOptimizer:
    """The Keras optimizer for some variables; the rate is set anew at each update."""
    options = {name: getattr(of, name) for name in (*CLIPPING, "weight_decay")}
    common = {name: arithmetic.number(value) for name, value in options.items() if value}
    common["learning_rate"] = arithmetic.number(of.rate(0))
    made = registry.OPTIMIZERS[of](of, arithmetic, common)
    made.optimizer.build(variables)
    return made


def sgd(of: SGD, arithmetic: Numerics, common: dict[str, Any]) -> BuiltOptimizer:
    """w <- w - lr g, with or without momentum."""
    momentum = arithmetic.number(of.momentum)
    optimizer = keras.optimizers.SGD(momentum=momentum, nesterov=of.nesterov, **common)
    return BuiltOptimizer(optimizer, {"momentum": "momentums"})


def rmsprop(of: RMSprop, arithmetic: Numerics, common: dict[str, Any]) -> BuiltOptimizer:
    """v <- rho v + (1 - rho) g^2, w <- w - lr g / sqrt(v + epsilon), with its two variants."""
    numbers = {
        name: arithmetic.number(getattr(of, name)) for name in ("rho", "momentum", "epsilon")
    }
    optimizer = keras.optimizers.RMSprop(centered=of.centered, **numbers, **common)
    slots = {
        "velocity": "_velocities",
        "momentum": "_momentums",
        "average_gradient": "_average_gradients",
    }
    return BuiltOptimizer(optimizer, slots)


def adam(of: AdamRule, arithmetic: Numerics, common: dict[str, Any]) -> BuiltOptimizer:
    """m and v follow g and g^2, w <- w - m alpha / (sqrt(v) + epsilon)."""
    names = ("beta_1", "beta_2", "epsilon")
    numbers = {name: arithmetic.number(getattr(of, name)) for name in names}
    optimizer = AccurateAdam(**numbers, **common)
    return BuiltOptimizer(optimizer, {"momentum": "_momentums", "velocity": "_velocities"})


class AccurateAdam(keras.optimizers.Adam):
    """Keras' Adam with 1 - beta^t as -(e^(t ln beta) - 1).

    In float32 Keras' own 1 - 0.999^t is wrong in the fifth digit at the first update.
    """

    def update_step(self, gradient: Tensor, variable: Any, learning_rate: Tensor) -> None:
        """The update of one weight."""
        number = self._get_variable_index(variable)
        m, v = self._momentums[number], self._velocities[number]
        self.assign_add(m, (gradient - m) * (1 - self.beta_1))
        self.assign_add(v, (ops.square(gradient) - v) * (1 - self.beta_2))
        rate = ops.cast(learning_rate, gradient.dtype) * self._correction(gradient.dtype)
        self.assign_sub(variable, m * rate / (ops.sqrt(v) + self.epsilon))

    def _correction(self, dtype: Any) -> Tensor:
        """sqrt(1 - beta_2^t) / (1 - beta_1^t) for the update at hand."""
        t = ops.cast(self.iterations + 1, dtype)
        return ops.sqrt(_rest(t, self.beta_2)) / _rest(t, self.beta_1)


def _rest(t: Tensor, beta: float) -> Tensor:
    """1 - beta^t."""
    return -ops.expm1(t * type(beta)(log(beta) if beta else -inf))
