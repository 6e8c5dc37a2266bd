"""Rules for pooling. A tie goes to the first element of the window in row-major order."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from nnspec.backends.keras.layers.convolution import Padded, padded
from nnspec.backends.keras.rules import KerasLayer, RuleContext, Tensor
from nnspec.components.layers.pooling import AveragePooling2D, MaxPooling2D, Pooling2D


class PaddedMaxPooling2D(Padded, keras.layers.MaxPooling2D):
    """Keras' pooling of an image in a frame of -inf, which never wins."""

    def call(self, inputs: Tensor) -> Tensor:
        """The largest value of each window."""
        return super().call(padded(inputs, self.pads, -np.inf))


class PaddedAveragePooling2D(Padded, keras.layers.AveragePooling2D):
    """Keras' pooling with padding left out of the mean: pool(x) / pool(1)."""

    def call(self, inputs: Tensor) -> Tensor:
        """The mean of each window."""
        y = super().call(padded(inputs, self.pads, 0.0))
        if not any(map(any, self.pads)):
            return y
        ones = np.ones((1, *inputs.shape[1:3], 1), self.compute_dtype)
        shares = super().call(padded(ops.convert_to_tensor(ones), self.pads, 0.0))
        return y / shares


def max_pooling2d(layer: MaxPooling2D, context: RuleContext) -> KerasLayer:
    """y = the largest value of each window."""
    return PaddedMaxPooling2D(**_windows(layer, context), **context.common)


def average_pooling2d(layer: AveragePooling2D, context: RuleContext) -> KerasLayer:
    """y = the mean of each window's values without padding."""
    return PaddedAveragePooling2D(**_windows(layer, context), **context.common)


def _windows(layer: Pooling2D, context: RuleContext) -> dict[str, Any]:
    windows = {"pool_size": layer.pool_size, "strides": layer.strides, "pads": layer.pads}
    return {**windows, "row": context.shape, "data_format": "channels_last"}
