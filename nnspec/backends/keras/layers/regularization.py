"""Dropout and noise layers on Keras; their noise is an input, absent when predicting."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from nnspec.backends.keras.rules import KerasLayer, RuleContext, Tensor
from nnspec.components.layers.regularization import (
    AlphaDropout,
    GaussianDropout,
    GaussianNoise,
    MaskLayer,
)


class DropoutLayer(keras.layers.Layer):
    """y = x / keep_probability where the mask is true, else 0; without a mask, y = x."""

    def __init__(self, keep_probability: float, **options: Any) -> None:
        super().__init__(**options)
        self.keep_probability = keep_probability

    def call(self, inputs: Tensor, noise: Tensor = None) -> Tensor:
        """Select instead of multiplying by the mask: 0 times infinity is NaN."""
        if noise is None:
            return inputs
        return ops.where(noise, inputs / self.keep_probability, ops.zeros_like(inputs))


class FactorLayer(keras.layers.Layer):
    """y = x (1 + noise); without noise, y = x."""

    def call(self, inputs: Tensor, noise: Tensor = None) -> Tensor:
        """(rows, ...) to the same shape."""
        return inputs if noise is None else inputs * (noise + 1)


class AlphaDropoutLayer(keras.layers.Layer):
    """y = a x + b where the mask is true, else a v + b; without a mask, y = x."""

    def __init__(self, a: float, b: float, dropped: float, **options: Any) -> None:
        super().__init__(**options)
        self.a, self.b, self.dropped = a, b, dropped

    def call(self, inputs: Tensor, noise: Tensor = None) -> Tensor:
        """(rows, ...) to the same shape."""
        if noise is None:
            return inputs
        dropped = ops.full_like(inputs, self.dropped)
        return ops.where(noise, inputs, dropped) * self.a + self.b


class NoiseLayer(keras.layers.Layer):
    """y = x + noise; without noise, y = x."""

    def call(self, inputs: Tensor, noise: Tensor = None) -> Tensor:
        """(rows, ...) to the same shape."""
        return inputs if noise is None else inputs + noise


def dropout(layer: MaskLayer, context: RuleContext) -> KerasLayer:
    """In training y = x / (1 - rate) where the mask is true, else 0."""
    return DropoutLayer(context.constant(1 - layer.rate), **context.common)


def gaussian_noise(_: GaussianNoise, context: RuleContext) -> KerasLayer:
    """In training y = x + N(0, stddev^2)."""
    return NoiseLayer(**context.common)


def gaussian_dropout(_: GaussianDropout, context: RuleContext) -> KerasLayer:
    """In training y = x (1 + N(0, rate / (1 - rate)))."""
    return FactorLayer(**context.common)


def alpha_dropout(layer: AlphaDropout, context: RuleContext) -> KerasLayer:
    """In training y = a x + b where the mask is true, else a v + b."""
    numbers = map(context.constant, (layer.scale, layer.offset, layer.dropped_value))
    return AlphaDropoutLayer(*numbers, **context.common)
