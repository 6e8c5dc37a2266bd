"""Normalization layers on Keras."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import keras
from keras import ops

from nnspec.backends.keras.rules import KerasLayer, Numerics, RuleContext, Tensor
from nnspec.components.layers.normalization import (
    BatchNormalization,
    GroupNormalization,
    LayerNormalization,
)


class TwoPassBatchNormalization(keras.layers.BatchNormalization):
    """Batch normalization whose variance is the mean of squared differences from the mean.

    On PyTorch, Keras' own layer computes E[x^2] - E[x]^2, which cancels to nothing where the mean
    is large against the standard deviation.
    """

    def __init__(self, numerics: Numerics, axis_of: Callable[[int], int], **options: Any) -> None:
        super().__init__(**options)
        self.numerics, self.axis_of = numerics, axis_of  # by the rank of a row
        self.epsilon_constant = numerics.constant(self.epsilon)
        self.update_rate = numerics.constant(1 - self.momentum)

    def call(self, inputs: Tensor, training: bool | None = None, mask: Any = None) -> Tensor:
        """Normalize by the batch's mean and variance in training, by the running ones otherwise.

        A frozen layer normalizes by the running ones.
        """
        axis = self.axis_of(len(inputs.shape) - 1)
        if training and self.trainable:
            mean, variance = _moments(inputs, axis)
            self._update_running(self.moving_mean, mean)
            self._update_running(self.moving_variance, variance)
        else:
            mean, variance = self.moving_mean, self.moving_variance
        shape = (-1, *(1,) * (-axis - 1))
        deviation = ops.sqrt(variance + self.epsilon_constant)
        y = (inputs - ops.reshape(mean, shape)) / ops.reshape(deviation, shape)
        y = y * ops.reshape(self.gamma, shape) if self.scale else y
        return y + ops.reshape(self.beta, shape) if self.center else y

    def _update_running(self, running: Any, batch: Tensor) -> None:
        """running <- momentum running + (1 - momentum) batch."""
        momentum = self.numerics.constant(self.momentum)
        updated = running * momentum + ops.stop_gradient(batch) * self.update_rate
        running.assign(updated)


def _moments(x: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    """Mean and biased variance of each channel, which are the axis."""
    axes = tuple(i for i in range(len(x.shape)) if i != len(x.shape) + axis)
    mean = ops.mean(x, axis=axes, keepdims=True)
    return ops.reshape(mean, (-1,)), ops.mean(ops.square(x - mean), axis=axes)


class TwoPassLayerNormalization(keras.layers.LayerNormalization):
    """Layer normalization in the layer's dtype; Keras' own rounds its epsilon to float32.

    gamma and beta have the sizes of the normalized axes. Inputs of several ranks may share them.
    """

    def __init__(
        self, numerics: Numerics, axes_of: Callable[[int], tuple[int, ...]], **options: Any
    ) -> None:
        super().__init__(**options)
        self.axes_of = axes_of  # by the rank of a row
        self.epsilon_constant = numerics.constant(self.epsilon)

    def call(self, inputs: Tensor) -> Tensor:
        """Normalize each row by the mean and variance over its axes."""
        axes = self.axes_of(len(inputs.shape) - 1)
        differences = inputs - ops.mean(inputs, axis=axes, keepdims=True)
        variance = ops.mean(ops.square(differences), axis=axes, keepdims=True)
        y = differences / ops.sqrt(variance + self.epsilon_constant)
        kept = [size if i - len(inputs.shape) in axes else 1 for i, size in enumerate(inputs.shape)]
        y = y * ops.reshape(self.gamma, kept) if self.scale else y
        return y + ops.reshape(self.beta, kept) if self.center else y


class TwoPassGroupNormalization(keras.layers.GroupNormalization):
    """Group normalization in the layer's dtype; Keras' own computes 1 / sqrt of a float32."""

    def __init__(self, numerics: Numerics, **options: Any) -> None:
        super().__init__(**options)
        self.epsilon_constant = numerics.constant(self.epsilon)

    def call(self, inputs: Tensor) -> Tensor:
        """Normalize each group of channels of each row."""
        channels, shape = inputs.shape[-1], (-1, *inputs.shape[1:])
        x = ops.reshape(inputs, (-1, prod(shape[1:-1]), self.groups, channels // self.groups))
        differences = x - ops.mean(x, axis=(1, 3), keepdims=True)
        variance = ops.mean(ops.square(differences), axis=(1, 3), keepdims=True)
        y = ops.reshape(differences / ops.sqrt(variance + self.epsilon_constant), shape)
        y = y * self.gamma if self.scale else y
        return y + self.beta if self.center else y


def group_normalization(layer: GroupNormalization, context: RuleContext) -> KerasLayer:
    """y = gamma (x - mean) / sqrt(variance + epsilon) + beta of groups of channels of each row."""
    options = {name: getattr(layer, name) for name in ("groups", "epsilon", "center", "scale")}
    return TwoPassGroupNormalization(context.numerics, **options, **context.common)


def batch_normalization(layer: BatchNormalization, context: RuleContext) -> KerasLayer:
    """y = gamma (x - mean) / sqrt(variance + epsilon) + beta for each channel."""
    names = ("axis", "momentum", "epsilon", "center", "scale")
    options = {name: getattr(layer, name) for name in names}
    axes = {len(node.input_shapes[0]): node.layer.axis for node in context.uses}  # type: ignore[attr-defined]
    return TwoPassBatchNormalization(
        context.numerics, axes.__getitem__, **options, **context.common
    )


def layer_normalization(layer: LayerNormalization, context: RuleContext) -> KerasLayer:
    """y = gamma (x - mean) / sqrt(variance + epsilon) + beta over the axes of each row."""
    axes = {len(node.input_shapes[0]): node.layer.axis for node in context.uses}  # type: ignore[attr-defined]
    options = {name: getattr(layer, name) for name in ("axis", "epsilon", "center", "scale")}
    return TwoPassLayerNormalization(
        context.numerics, axes.__getitem__, **options, **context.common
    )
