"""Normalization layers that divide by a root of squares, on Keras, in the layer's dtype."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from nnspec.backends.channel_windows import channel_windows
from nnspec.backends.keras.rules import KerasLayer, Numerics, RuleContext, Tensor
from nnspec.components.layers.scale_normalization import (
    MIN_NORM,
    LocalResponseNormalization,
    RMSNormalization,
    UnitNormalization,
)

AxesOf = Callable[[int], tuple[int, ...]]  # by the rank of a row, of which several share a layer


class UnitNormalizationLayer(keras.layers.Layer):
    """y = x / max(|x|, 1e-12); the gradient of Keras' own is NaN at x = 0."""

    def __init__(self, numerics: Numerics, axes_of: AxesOf, **options: Any) -> None:
        super().__init__(**options)
        self.axes_of, self.smallest = axes_of, numerics.constant(MIN_NORM**2)

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, ...) to the same shape."""
        axes = self.axes_of(len(inputs.shape) - 1)
        squares = ops.sum(ops.square(inputs), axis=axes, keepdims=True)
        smallest = ops.full_like(squares, self.smallest)
        return inputs / ops.sqrt(ops.where(squares > smallest, squares, smallest))


class ScaledRMSNormalization(keras.layers.RMSNormalization):
    """y = scale x / sqrt(mean x^2 + epsilon); Keras' own rounds its epsilon to float32."""

    def __init__(self, numerics: Numerics, axes_of: AxesOf, **options: Any) -> None:
        super().__init__(**options)
        self.axes_of, self.epsilon_constant = axes_of, numerics.constant(self.epsilon)

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, ...) to the same shape."""
        axes = self.axes_of(len(inputs.shape) - 1)
        squares = ops.mean(ops.square(inputs), axis=axes, keepdims=True)
        kept = [size if i - len(inputs.shape) in axes else 1 for i, size in enumerate(inputs.shape)]
        scale = ops.reshape(self.scale, kept)
        return inputs / ops.sqrt(squares + self.epsilon_constant) * scale


class LocalResponseNormalizationLayer(keras.layers.Layer):
    """y = x (k + alpha / size sum x^2)^-beta, over windows of channels."""

    def __init__(self, layer: LocalResponseNormalization, context: RuleContext) -> None:
        super().__init__(**context.common)
        constant, dtype = context.constant, context.numerics.dtype
        self.windows = channel_windows(layer.size, context.shape[-1], dtype)
        self.factor, self.k = constant(layer.alpha / layer.size), constant(layer.k)
        self.power = constant(-layer.beta)

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, ..., channels) to the same shape."""
        sums = ops.matmul(ops.square(inputs), ops.convert_to_tensor(self.windows))
        return inputs * ops.exp(ops.log(sums * self.factor + self.k) * self.power)


def unit_normalization(layer: UnitNormalization, context: RuleContext) -> KerasLayer:
    """y = x / max(|x|, 1e-12) over axes of each row."""
    return UnitNormalizationLayer(context.numerics, _axes_of(context), **context.common)


def rms_normalization(layer: RMSNormalization, context: RuleContext) -> KerasLayer:
    """y = scale x / sqrt(mean x^2 + epsilon) over axes of each row."""
    return ScaledRMSNormalization(
        context.numerics, _axes_of(context), axis=layer.axis, epsilon=layer.epsilon,
        **context.common,
    )  # fmt: skip


def local_response_normalization(
    layer: LocalResponseNormalization, context: RuleContext
) -> KerasLayer:
    """y = x / (k + alpha / size sum x^2)^beta, over windows of channels."""
    return LocalResponseNormalizationLayer(layer, context)


def _axes_of(context: RuleContext) -> AxesOf:
    axes = {len(node.input_shapes[0]): node.layer.axis for node in context.uses}  # type: ignore[attr-defined]
    return axes.__getitem__
