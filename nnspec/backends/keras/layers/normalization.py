"""The rule for batch normalization."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from nnspec.backends.keras.rules import KerasLayer, Numerics, RuleContext, Tensor
from nnspec.components.layers.normalization import BatchNormalization


class TwoPassBatchNormalization(keras.layers.BatchNormalization):
    """Batch normalization whose variance is the mean of squared differences from the mean.

    On PyTorch, Keras' own takes E[x^2] - E[x]^2, which has lost every digit where the mean is
    large against the deviation.
    """

    def __init__(self, arithmetic: Numerics, **options: Any) -> None:
        super().__init__(**options)
        self.arithmetic = arithmetic
        self.small = arithmetic.number(self.epsilon)
        self.share = arithmetic.number(1 - self.momentum)

    def call(self, inputs: Tensor, training: bool | None = None, mask: Any = None) -> Tensor:
        """By the batch's mean and variance in training, by the running ones otherwise."""
        if training:
            mean, variance = _moments(inputs)
            self._follow(self.moving_mean, mean)
            self._follow(self.moving_variance, variance)
        else:
            mean, variance = self.moving_mean, self.moving_variance
        y = (inputs - mean) / ops.sqrt(variance + self.small)
        y = y * self.gamma if self.scale else y
        return y + self.beta if self.center else y

    def _follow(self, running: Any, now: Tensor) -> None:
        """r <- momentum r + (1 - momentum) b."""
        kept = self.arithmetic.number(self.momentum)
        moved = running * kept + ops.stop_gradient(now) * self.share
        running.assign(self.arithmetic.rounded(moved))


def _moments(x: Tensor) -> tuple[Tensor, Tensor]:
    axes = tuple(range(len(x.shape) - 1))
    mean = ops.mean(x, axis=axes)
    return mean, ops.mean(ops.square(x - mean), axis=axes)


def batch_normalization(layer: BatchNormalization, context: RuleContext) -> KerasLayer:
    """y = gamma (x - mean) / sqrt(variance + epsilon) + beta for each channel."""
    options = {name: getattr(layer, name) for name in ("momentum", "epsilon", "center", "scale")}
    return TwoPassBatchNormalization(context.arithmetic, **options, **context.common)
