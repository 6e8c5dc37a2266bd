"""Pooling layers on Keras. Max pooling picks the first of equal values, row-major."""

from __future__ import annotations

from math import prod
from typing import Any

import keras
import numpy as np
from keras import ops

from nnspec.backends.keras.layers.windows import ImagePadding, PaddingMixin, pad, padding_by_shape
from nnspec.backends.keras.rules import KerasLayer, RuleContext, Tensor
from nnspec.backends.window_places import window_places
from nnspec.components.layers.global_pooling import GlobalPooling
from nnspec.components.layers.pooling import Pooling
from nnspec.options.types import Shape


class _WindowsMixin(PaddingMixin):
    """Mixin of Keras' poolings whose windows may have holes, which Keras' own have not.

    The places of such are gathered first, those of a window side by side.
    """

    pool_size: Shape

    def __init__(self, *args: Any, holes: tuple[Shape, Shape] | None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.holes = holes  # strides and dilation of windows with holes

    def windows_of(self, images: Tensor, padding: ImagePadding, value: float) -> Tensor:
        """Images padded with a value, or the places of their windows."""
        y = pad(images, padding.pads, value)
        if self.holes is None:
            return y
        axes = zip(padding.row_shape, self.pool_size, *self.holes, strict=False)
        for axis, windows in enumerate(axes, 1):
            y = ops.take(y, window_places(*windows), axis=axis)
        return y


class _MaxMixin(_WindowsMixin):
    """Mixin of Keras' max poolings of images padded with -inf, which is never the maximum."""

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, *sizes, channels) to the maxima of the windows."""
        padding = self.padding_of(tuple(inputs.shape[1:]))
        return super().call(self.windows_of(inputs, padding, -np.inf))  # type: ignore[misc]


class _AverageMixin(_WindowsMixin):
    """Mixin of Keras' average poolings without counting the padding: pool(x) / pool(1)."""

    compute_dtype: str

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, *sizes, channels) to the means of the windows."""
        padding = self.padding_of(tuple(inputs.shape[1:]))
        y = super().call(self.windows_of(inputs, padding, 0.0))  # type: ignore[misc]
        if not any(map(any, padding.pads)):
            return y
        ones = ops.convert_to_tensor(np.ones((1, *inputs.shape[1:-1], 1), self.compute_dtype))
        return y / super().call(self.windows_of(ones, padding, 0.0))  # type: ignore[misc]


class _FirstMaximumMixin:
    """Mixin of Keras' global max poolings as one window; its own share the gradient of a tie."""

    keepdims: bool

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, *sizes, channels) to (rows, channels), or with `keepdims` to axes of size 1."""
        *sizes, channels = inputs.shape[1:]
        pixels = ops.reshape(inputs, (-1, prod(sizes), channels))
        maxima = ops.max_pool(pixels, prod(sizes), strides=1, data_format="channels_last")
        kept = tuple(1 for _ in sizes) if self.keepdims else ()
        return ops.reshape(maxima, (-1, *kept, channels))


def _pool_volume(pool: Any, inputs: Tensor, size: Shape, strides: Shape) -> Tensor:
    """Pooling over height and width, then over depth: TensorFlow's own has no float64.

    The first depth of equal maxima has the first of them in row-major order too.
    """
    depth, *image = inputs.shape[1:]
    options = {"data_format": "channels_last"}
    flat = pool(ops.reshape(inputs, (-1, *image)), size[1:], strides[1:], **options)
    small = tuple(flat.shape[1:])
    columns = ops.reshape(flat, (-1, depth, prod(small)))
    y = pool(columns, size[:1], strides[:1], **options)
    return ops.reshape(y, (-1, y.shape[1], *small))


class PaddedMaxPooling1D(_MaxMixin, keras.layers.MaxPooling1D):
    """Keras' max pooling of sequences."""


class PaddedMaxPooling2D(_MaxMixin, keras.layers.MaxPooling2D):
    """Keras' max pooling of images."""


class _MaxPooling3D(keras.layers.MaxPooling3D):
    """Max pooling of volumes in every precision."""

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, depth, height, width, channels) to the maxima of the windows."""
        return _pool_volume(ops.max_pool, inputs, self.pool_size, self.strides)


class PaddedMaxPooling3D(_MaxMixin, _MaxPooling3D):
    """Max pooling of volumes."""


class PaddedAveragePooling1D(_AverageMixin, keras.layers.AveragePooling1D):
    """Keras' average pooling of sequences."""


class PaddedAveragePooling2D(_AverageMixin, keras.layers.AveragePooling2D):
    """Keras' average pooling of images."""


class _AveragePooling3D(keras.layers.AveragePooling3D):
    """Average pooling of volumes in every precision."""

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, depth, height, width, channels) to the means of the windows."""
        return _pool_volume(ops.average_pool, inputs, self.pool_size, self.strides)


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
    has_holes = max(layer.dilation_rate) > 1
    return {
        "pool_size": layer.pool_size, "strides": layer.pool_size if has_holes else layer.strides,
        "holes": (layer.steps, layer.dilation_rate) if has_holes else None,
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
