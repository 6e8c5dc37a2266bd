"""Pooling layers on Keras. Max pooling picks the first of equal values, row-major."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from nnspec.backends.keras.layers.windows import PaddingMixin, pad, padding_by_shape
from nnspec.backends.keras.rules import KerasLayer, RuleContext, Tensor
from nnspec.components.layers.global_pooling import GlobalAveragePooling2D, GlobalMaxPooling2D
from nnspec.components.layers.pooling import AveragePooling2D, MaxPooling2D, Pooling2D


class PaddedMaxPooling2D(PaddingMixin, keras.layers.MaxPooling2D):
    """Keras' max pooling of images padded with -inf, which is never the maximum."""

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, height, width, channels) to the maxima of the windows."""
        return super().call(pad(inputs, self.pads_of(inputs), -np.inf))


class PaddedAveragePooling2D(PaddingMixin, keras.layers.AveragePooling2D):
    """Keras' average pooling without counting the padding: pool(x) / pool(1)."""

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, height, width, channels) to the means of the windows."""
        pads = self.pads_of(inputs)
        y = super().call(pad(inputs, pads, 0.0))
        if not any(map(any, pads)):
            return y
        ones = np.ones((1, *inputs.shape[1:3], 1), self.compute_dtype)
        shares = super().call(pad(ops.convert_to_tensor(ones), pads, 0.0))
        return y / shares


class FirstGlobalMaxPooling2D(keras.layers.GlobalMaxPooling2D):
    """Keras' global max pooling as one window; its own shares the gradient of a tie."""

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, height, width, channels) to (rows, channels), or with `keepdims` to 1 x 1."""
        image = tuple(inputs.shape[1:3])
        maxima = ops.max_pool(inputs, image, strides=1, data_format="channels_last")
        return maxima if self.keepdims else ops.squeeze(maxima, axis=(1, 2))


def max_pooling2d(layer: MaxPooling2D, context: RuleContext) -> KerasLayer:
    """y = the maximum of each window."""
    return PaddedMaxPooling2D(**_window_options(layer, context), **context.common)


def average_pooling2d(layer: AveragePooling2D, context: RuleContext) -> KerasLayer:
    """y = the mean of each window, padding not counted."""
    return PaddedAveragePooling2D(**_window_options(layer, context), **context.common)


def _window_options(layer: Pooling2D, context: RuleContext) -> dict[str, Any]:
    return {
        "pool_size": layer.pool_size, "strides": layer.strides,
        "padding_of": padding_by_shape(context), "data_format": "channels_last",
    }  # fmt: skip


def global_average_pooling2d(layer: GlobalAveragePooling2D, context: RuleContext) -> KerasLayer:
    """y = the mean of each channel."""
    return keras.layers.GlobalAveragePooling2D(
        data_format="channels_last", keepdims=layer.keepdims, **context.common
    )


def global_max_pooling2d(layer: GlobalMaxPooling2D, context: RuleContext) -> KerasLayer:
    """y = the maximum of each channel."""
    return FirstGlobalMaxPooling2D(
        data_format="channels_last", keepdims=layer.keepdims, **context.common
    )
