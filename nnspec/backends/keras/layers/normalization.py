"""Batch normalization on Keras."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from nnspec.backends.keras.rules import KerasLayer, Numerics, RuleContext, Tensor
from nnspec.components.layers.normalization import BatchNormalization


class TwoPassBatchNormalization(keras.layers.BatchNormalization):
    """Batch normalization whose variance is the mean of squared differences from the mean.

    On PyTorch, Keras' own layer computes E[x^2] - E[x]^2, which cancels to nothing where the mean
    is large against the standard deviation.
    """

    def __init__(self, numerics: Numerics, **options: Any) -> None:
        super().__init__(**options)
        self.numerics = numerics
        self.epsilon_constant = numerics.constant(self.epsilon)
        self.update_rate = numerics.constant(1 - self.momentum)

    def call(self, inputs: Tensor, training: bool | None = None, mask: Any = None) -> Tensor:
        """Normalize by the batch's mean and variance in training, by the running ones otherwise."""
        if training:
            mean, variance = _moments(inputs)
            self._update_running(self.moving_mean, mean)
            self._update_running(self.moving_variance, variance)
        else:
            mean, variance = self.moving_mean, self.moving_variance
        y = (inputs - mean) / ops.sqrt(variance + self.epsilon_constant)
        y = y * self.gamma if self.scale else y
        return y + self.beta if self.center else y

    def _update_running(self, running: Any, batch: Tensor) -> None:
        """running <- momentum running + (1 - momentum) batch."""
        momentum = self.numerics.constant(self.momentum)
        updated = running * momentum + ops.stop_gradient(batch) * self.update_rate
        running.assign(self.numerics.round_weight(updated))


def _moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and biased variance of each channel."""
    axes = tuple(range(len(x.shape) - 1))
    mean = ops.mean(x, axis=axes)
    return mean, ops.mean(ops.square(x - mean), axis=axes)


def batch_normalization(layer: BatchNormalization, context: RuleContext) -> KerasLayer:
    """y = gamma (x - mean) / sqrt(variance + epsilon) + beta for each channel."""
    options = {name: getattr(layer, name) for name in ("momentum", "epsilon", "center", "scale")}
    return TwoPassBatchNormalization(context.numerics, **options, **context.common)
