"""Activation layers on Keras. The derivative at a kink is that of the branch x <= 0."""

from __future__ import annotations

from math import pi, sqrt
from typing import Any

import keras
from keras import ops

from nnspec.backends.keras.layers.elementwise import Constant, elementwise
from nnspec.backends.keras.rules import KerasLayer, Numerics, RuleContext, Tensor
from nnspec.components.layers.activations import (
    GELU,
    Heaviside,
    LeakyReLU,
    Linear,
    PReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Tanh,
)


class LeakyReLULayer(keras.layers.Layer):
    """y = x where x > 0, else slope x; the derivative of Keras' own layer differs at 0."""

    def __init__(self, slope: float, **options: Any) -> None:
        super().__init__(**options)
        self.slope = slope

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, ...) to the same shape."""
        return ops.where(inputs > 0, inputs, inputs * self.slope)


class PReLULayer(keras.layers.PReLU):
    """y = x where x > 0, else alpha x; the derivative of Keras' own layer differs at 0."""

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, ...) to the same shape."""
        return ops.where(inputs > 0, inputs, inputs * self.alpha)


class HeavisideLayer(keras.layers.Layer):
    """y = 1 where x > threshold, else 0; the gradient is 0 everywhere."""

    def __init__(self, threshold: float, **options: Any) -> None:
        super().__init__(**options)
        self.threshold = threshold

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, ...) to 0 or 1 in the layer's dtype."""
        return ops.cast(inputs > self.threshold, self.compute_dtype)


class SoftmaxLayer(keras.layers.Layer):
    """y = e^x / sum e^x along an axis."""

    def __init__(self, axis: int, **options: Any) -> None:
        super().__init__(**options)
        self.axis = axis

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, ...) to probabilities of the same shape."""
        return ops.softmax(inputs, axis=self.axis)


class GELULayer(keras.layers.Layer):
    """y = x (1 + erf(x / sqrt 2)) / 2; Keras' own rounds a constant to float32."""

    def __init__(self, numerics: Numerics, **options: Any) -> None:
        super().__init__(**options)
        self.half, self.slope = numerics.constant(0.5), numerics.constant(sqrt(0.5))

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, ...) to the same shape."""
        return inputs * self.half * (ops.erf(inputs * self.slope) + 1)


class ApproximateGELULayer(keras.layers.Layer):
    """y = x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))."""

    def __init__(self, numerics: Numerics, **options: Any) -> None:
        super().__init__(**options)
        self.half, self.slope = numerics.constant(0.5), numerics.constant(sqrt(2 / pi))
        self.cubic = numerics.constant(0.044715)

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, ...) to the same shape."""
        inner = inputs + inputs * inputs * inputs * self.cubic
        return inputs * self.half * (ops.tanh(inner * self.slope) + 1)


def smooth_activation(layer: Linear | Sigmoid | SiLU | Tanh, context: RuleContext) -> KerasLayer:
    """Linear, sigmoid, SiLU or tanh: functions without a kink, equal on all engines."""
    return keras.layers.Activation(layer.kind, **context.common)


def relu(layer: ReLU, context: RuleContext) -> KerasLayer:
    """y = max(x, 0), whose derivative at 0 is 0 on every engine; or by the layer's options."""
    if layer.is_plain:
        return keras.layers.ReLU(**context.common)
    return _relu_of_pieces(layer, context)


@elementwise
def _relu_of_pieces(layer: ReLU, x: Tensor, constant: Constant) -> Tensor:
    """y = min(x, max_value) where x > threshold, else slope (x - threshold)."""
    t, slope = constant(layer.threshold), constant(layer.negative_slope)
    high = x if layer.max_value is None else ops.full_like(x, constant(layer.max_value))
    below = (x - t) * slope if layer.negative_slope else ops.zeros_like(x)
    return ops.where(x <= t, below, ops.where(x > high, high, x))


def leaky_relu(layer: LeakyReLU, context: RuleContext) -> KerasLayer:
    """y = x where x > 0, else slope x."""
    return LeakyReLULayer(context.constant(layer.negative_slope), **context.common)


def prelu(layer: PReLU, context: RuleContext) -> KerasLayer:
    """y = x where x > 0, else alpha x."""
    return PReLULayer(shared_axes=list(layer.shared_axes) or None, **context.common)


def heaviside(layer: Heaviside, context: RuleContext) -> KerasLayer:
    """y = 1 where x > threshold, else 0."""
    return HeavisideLayer(context.constant(layer.threshold), **context.common)


def softmax(layer: Softmax, context: RuleContext) -> KerasLayer:
    """y = e^x / sum e^x along the axis."""
    return SoftmaxLayer(layer.axis, **context.common)


def gelu(layer: GELU, context: RuleContext) -> KerasLayer:
    """y = x Phi(x), with Phi the normal distribution or its approximation by tanh."""
    native = ApproximateGELULayer if layer.approximate else GELULayer
    return native(context.numerics, **context.common)
