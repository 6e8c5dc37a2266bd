"""Rules for activations. A derivative at a kink is that of the branch x <= 0."""

from __future__ import annotations

from typing import Any, cast

import keras
from keras import ops

from nnspec.backends.keras.rules import Arithmetic, KerasLayer, Tensor, rule
from nnspec.graph import Node
from nnspec.layers.activation import (
    Heaviside,
    LeakyReLU,
    Linear,
    PReLU,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
)


class Kinked(keras.layers.Layer):
    """y = x where x > 0, else slope x. Keras' own layers differ in the derivative at 0."""

    def __init__(self, slope: float, **options: Any) -> None:
        super().__init__(**options)
        self.slope = slope

    def call(self, inputs: Tensor) -> Tensor:
        """Both branches, and a choice."""
        return ops.where(inputs > 0, inputs, inputs * self.slope)


class KinkedPReLU(keras.layers.PReLU):
    """y = x where x > 0, else alpha x."""

    def call(self, inputs: Tensor) -> Tensor:
        """Both branches, and a choice."""
        return ops.where(inputs > 0, inputs, inputs * self.alpha)


class Step(keras.layers.Layer):
    """y = 1 where x > threshold, else 0; nothing before it learns."""

    def __init__(self, threshold: float, **options: Any) -> None:
        super().__init__(**options)
        self.threshold = threshold

    def call(self, inputs: Tensor) -> Tensor:
        """The truth as a number."""
        return ops.cast(inputs > self.threshold, self.compute_dtype)


class SoftmaxAlong(keras.layers.Layer):
    """Softmax along an axis."""

    def __init__(self, axis: int, **options: Any) -> None:
        super().__init__(**options)
        self.axis = axis

    def call(self, inputs: Tensor) -> Tensor:
        """e^x / sum e^x."""
        return ops.softmax(inputs, axis=self.axis)


@rule.register(Linear, Sigmoid, Tanh)
def as_in_keras(node: Node, _: Arithmetic, common: dict[str, Any]) -> KerasLayer:
    """Smooth functions, which all engines take alike."""
    return keras.layers.Activation(node.kind, **common)


@rule.register(ReLU)
def relu(_: Node, arithmetic: Arithmetic, common: dict[str, Any]) -> KerasLayer:
    """y = max(x, 0); derivative 0 at 0 on every engine."""
    return keras.layers.ReLU(**common)


@rule.register(LeakyReLU)
def leaky_relu(node: Node, arithmetic: Arithmetic, common: dict[str, Any]) -> KerasLayer:
    """y = x where x > 0, else slope x."""
    return Kinked(arithmetic.number(cast(LeakyReLU, node.layer).negative_slope), **common)


@rule.register(PReLU)
def prelu(node: Node, _: Arithmetic, common: dict[str, Any]) -> KerasLayer:
    """y = x where x > 0, else alpha x."""
    shared = cast(PReLU, node.layer).shared_axes
    return KinkedPReLU(shared_axes=list(shared) or None, **common)


@rule.register(Heaviside)
def heaviside(node: Node, arithmetic: Arithmetic, common: dict[str, Any]) -> KerasLayer:
    """y = 1 where x > threshold, else 0."""
    return Step(arithmetic.number(cast(Heaviside, node.layer).threshold), **common)


@rule.register(Softmax)
def softmax(node: Node, _: Arithmetic, common: dict[str, Any]) -> KerasLayer:
    """y = e^x / sum e^x along the axis."""
    return SoftmaxAlong(cast(Softmax, node.layer).axis, **common)
