"""Rules for activations. A derivative at a kink is that of the branch x <= 0."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from nnspec.backends.keras.rules import KerasLayer, RuleContext, Tensor
from nnspec.components.layers.activations import (
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


def as_in_keras(layer: Linear | Sigmoid | Tanh, context: RuleContext) -> KerasLayer:
    """Smooth functions, which all engines take alike."""
    return keras.layers.Activation(layer.kind, **context.common)


def relu(_: ReLU, context: RuleContext) -> KerasLayer:
    """y = max(x, 0); derivative 0 at 0 on every engine."""
    return keras.layers.ReLU(**context.common)


def leaky_relu(layer: LeakyReLU, context: RuleContext) -> KerasLayer:
    """y = x where x > 0, else slope x."""
    return Kinked(context.number(layer.negative_slope), **context.common)


def prelu(layer: PReLU, context: RuleContext) -> KerasLayer:
    """y = x where x > 0, else alpha x."""
    return KinkedPReLU(shared_axes=list(layer.shared_axes) or None, **context.common)


def heaviside(layer: Heaviside, context: RuleContext) -> KerasLayer:
    """y = 1 where x > threshold, else 0."""
    return Step(context.number(layer.threshold), **context.common)


def softmax(layer: Softmax, context: RuleContext) -> KerasLayer:
    """y = e^x / sum e^x along the axis."""
    return SoftmaxAlong(layer.axis, **context.common)
