"""Rules for activations. A derivative at a kink is that of the branch x <= 0."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from nnspec.backends.keras.rules import KerasLayer, Tensor, Workspace, rule
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


@rule.register(Linear, Sigmoid, Tanh)
def as_in_keras(layer: Linear | Sigmoid | Tanh, space: Workspace) -> KerasLayer:
    """Smooth functions, which all engines take alike."""
    return keras.layers.Activation(layer.kind, **space.common)


@rule.register(ReLU)
def relu(_: ReLU, space: Workspace) -> KerasLayer:
    """y = max(x, 0); derivative 0 at 0 on every engine."""
    return keras.layers.ReLU(**space.common)


@rule.register(LeakyReLU)
def leaky_relu(layer: LeakyReLU, space: Workspace) -> KerasLayer:
    """y = x where x > 0, else slope x."""
    return Kinked(space.number(layer.negative_slope), **space.common)


@rule.register(PReLU)
def prelu(layer: PReLU, space: Workspace) -> KerasLayer:
    """y = x where x > 0, else alpha x."""
    return KinkedPReLU(shared_axes=list(layer.shared_axes) or None, **space.common)


@rule.register(Heaviside)
def heaviside(layer: Heaviside, space: Workspace) -> KerasLayer:
    """y = 1 where x > threshold, else 0."""
    return Step(space.number(layer.threshold), **space.common)


@rule.register(Softmax)
def softmax(layer: Softmax, space: Workspace) -> KerasLayer:
    """y = e^x / sum e^x along the axis."""
    return SoftmaxAlong(layer.axis, **space.common)
