"""Pooling layers on Keras. Max pooling picks the first of equal values, row-major."""

from __future__ import annotations

from math import prod
from typing import Any

import keras
import numpy as np
from keras import ops

from nnspec.backends.keras.layers.windows import PaddingMixin, pad, padding_by_shape
from nnspec.backends.keras.rules import KerasLayer, RuleContext, Tensor
from nnspec.components.layers.global_pooling import GlobalPooling
from nnspec.components.layers.pooling import Pooling


class _MaxMixin(PaddingMixin):
    """Mixin of Keras' max poolings of images padded with -inf, which is never the maximum."""

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, *sizes, channels) to the maxima of the windows."""
        return super().call(pad(inputs, self.pads_of(inputs), -np.inf))  # type: ignore[misc]


class _AverageMixin(PaddingMixin):
    """Mixin of Keras' average poolings without counting the padding: pool(x) / pool(1)."""

    compute_dtype: str

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, *sizes, channels) to the means of the windows."""
        pads = self.pads_of(inputs)
        y = super().call(pad(inputs, pads, 0.0))  # type: ignore[misc]
        if not any(map(any, pads)):
            return y
        ones = np.ones((1, *inputs.shape[1:-1], 1), self.compute_dtype)
        padded = pad(ops.convert_to_tensor(ones), pads, 0.0)
        return y / super().call(padded)  # type: ignore[misc]


class _FirstMaximumMixin:
    """Mixin of Keras' global max poolings as one window; its own share the gradient of a tie."""

    keepdims: bool

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, *sizes, channels) to (rows, channels), or with `keepdims` to axes of size 1."""
        sizes = tuple(inputs.shape[1:-1])
        maxima = ops.max_pool(inputs, sizes, strides=1, data_format="channels_last")
        return maxima if self.keepdims else ops.squeeze(maxima, tuple(range(1, len(sizes) + 1)))


class PaddedMaxPooling1D(_MaxMixin, keras.layers.MaxPooling1D):
    """Keras' max pooling of sequences."""


class PaddedMaxPooling2D(_MaxMixin, keras.layers.MaxPooling2D):
    """Keras' max pooling of images."""


class PaddedMaxPooling3D(_MaxMixin, keras.layers.MaxPooling3D):
    """Keras' max pooling of volumes."""


class PaddedAveragePooling1D(_AverageMixin, keras.layers.AveragePooling1D):
    """Keras' average pooling of sequences."""


class PaddedAveragePooling2D(_AverageMixin, keras.layers.AveragePooling2D):
    """Keras' average pooling of images."""


class _AveragePooling3D(keras.layers.AveragePooling3D):
    """Average pooling over height and width, then over depth: TensorFlow's own is for float32."""

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, depth, height, width, channels) to the means of the windows."""
        depth, *image = inputs.shape[1:]
        means = ops.average_pool(
            ops.reshape(inputs, (-1, *image)), self.pool_size[1:], self.strides[1:],
            data_format="channels_last",
        )  # fmt: skip
        _, *small = means.shape
        columns = ops.reshape(means, (-1, depth, prod(small)))
        options = {"strides": self.strides[:1], "data_format": "channels_last"}
        means = ops.average_pool(columns, self.pool_size[:1], **options)
        return ops.reshape(means, (-1, means.shape[1], *small))


class PaddedAveragePooling3D(_AverageMixin, _AveragePooling3D):
    """Average pooling of volumes."""


class FirstGlobalMaxPooling1D(_FirstMaximumMixin, keras.layers.GlobalMaxPooling1D):
    """Keras' global max pooling of sequences."""


class FirstGlobalMaxPooling2D(_FirstMaximumMixin, keras.layers.GlobalMaxPooling2D):
    """Keras' global max pooling of images."""


class FirstGlobalMaxPooling3D(_FirstMaximumMixin, keras.layers.GlobalMaxPooling3D):
    """Keras' global max pooling of volumes."""


_MAX = {1: PaddedMaxPooling1D, 2: PaddedMaxPooling2D, 3: PaddedMaxPooling3D}
_AVERAGE = {1: PaddedAveragePooling1D, 2: PaddedAveragePooling2D, 3: PaddedAveragePooling3D}
_GLOBAL_MAX = {1: FirstGlobalMaxPooling1D, 2: FirstGlobalMaxPooling2D, 3: FirstGlobalMaxPooling3D}
_GLOBAL_AVERAGE = {
    1: keras.layers.GlobalAveragePooling1D,
    2: keras.layers.GlobalAveragePooling2D,
    3: keras.layers.GlobalAveragePooling3D,
}


def max_pooling(layer: Pooling, context: RuleContext) -> KerasLayer:
    """y = the maximum of each window."""
    return _MAX[layer.rank](**_window_options(layer, context), **context.common)


def average_pooling(layer: Pooling, context: RuleContext) -> KerasLayer:
    """y = the mean of each window, padding not counted."""
    return _AVERAGE[layer.rank](**_window_options(layer, context), **context.common)


def _window_options(layer: Pooling, context: RuleContext) -> dict[str, Any]:
    return {
        "pool_size": layer.pool_size, "strides": layer.strides,
        "padding_of": padding_by_shape(context), "data_format": "channels_last",
    }  # fmt: skip


def global_average_pooling(layer: GlobalPooling, context: RuleContext) -> KerasLayer:
    """y = the mean of each channel."""
    return _GLOBAL_AVERAGE[layer.rank](
        data_format="channels_last", keepdims=layer.keepdims, **context.common
    )


def global_max_pooling(layer: GlobalPooling, context: RuleContext) -> KerasLayer:
    """y = the maximum of each channel."""
    return _GLOBAL_MAX[layer.rank](
        data_format="channels_last", keepdims=layer.keepdims, **context.common
    )
