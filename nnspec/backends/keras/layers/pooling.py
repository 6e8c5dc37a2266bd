"""Pooling layers on Keras. Max pooling picks the first of equal values, row-major."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from nnspec.backends.keras.layers.convolution import PaddingMixin, pad
from nnspec.backends.keras.rules import KerasLayer, RuleContext, Tensor
from nnspec.components.layers.pooling import AveragePooling2D, MaxPooling2D, Pooling2D


class PaddedMaxPooling2D(PaddingMixin, keras.layers.MaxPooling2D):
    """Keras' max pooling of images padded with -inf, which is never the maximum."""

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, height, width, channels) to the maxima of the windows."""
        return super().call(pad(inputs, self.pads, -np.inf))


class PaddedAveragePooling2D(PaddingMixin, keras.layers.AveragePooling2D):
    """Keras' average pooling without counting the padding: pool(x) / pool(1)."""

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, height, width, channels) to the means of the windows."""
        y = super().call(pad(inputs, self.pads, 0.0))
        if not any(map(any, self.pads)):
            return y
        ones = np.ones((1, *inputs.shape[1:3], 1), self.compute_dtype)
        shares = super().call(pad(ops.convert_to_tensor(ones), self.pads, 0.0))
        return y / shares


def max_pooling2d(layer: MaxPooling2D, context: RuleContext) -> KerasLayer:
    """y = the maximum of each window."""
    return PaddedMaxPooling2D(**_window_options(layer, context), **context.common)


def average_pooling2d(layer: AveragePooling2D, context: RuleContext) -> KerasLayer:
    """y = the mean of each window, padding not counted."""
    return PaddedAveragePooling2D(**_window_options(layer, context), **context.common)


def _window_options(layer: Pooling2D, context: RuleContext) -> dict[str, Any]:
    options = {"pool_size": layer.pool_size, "strides": layer.strides, "pads": layer.pads}
    return {**options, "row_shape": context.shape, "data_format": "channels_last"}
