"""Pooling to a given size on Keras, one spatial axis after the other.

Keras' own compute with two sizes of windows everywhere: TensorFlow refuses the larger one where it
does not fit, and pools no float64 volumes.
"""

from __future__ import annotations

from math import prod
from typing import Any

import keras
import numpy as np
from keras import ops

from nnspec.backends.arrays import Array
from nnspec.backends.keras.rules import KerasLayer, RuleContext, Tensor
from nnspec.components.layers.adaptive_pooling import AdaptivePooling, bins
from nnspec.options.types import Shape


class _AverageMixin:
    """Mixin of Keras' adaptive average poolings, a matrix product for each axis."""

    output_size: Shape

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, *sizes, channels) to the means of bins, (rows, *output_size, channels)."""
        return _pool_axes(_mean, inputs, self.output_size)


class _MaxMixin:
    """Mixin of Keras' adaptive max poolings, each of whose bins is a window of its places."""

    output_size: Shape

    def call(self, inputs: Tensor) -> Tensor:
        """(rows, *sizes, channels) to the maxima of bins, (rows, *output_size, channels)."""
        return _pool_axes(_maximum, inputs, self.output_size)


def _pool_axes(pool: Any, inputs: Tensor, output_size: Shape) -> Tensor:
    """Pool the last spatial axis first: `pool` takes (columns, size, values) and a count.

    The first of equal maxima of an axis then holds the first of them in row-major order.
    """
    y = inputs
    for axis, count in reversed(list(enumerate(output_size, 1))):
        before, size, after = y.shape[1:axis], y.shape[axis], y.shape[axis + 1 :]
        pooled = pool(ops.reshape(y, (-1, size, prod(after))), count)
        y = ops.reshape(pooled, (-1, *before, count, *after))
    return y


def _mean(columns: Tensor, count: int) -> Tensor:
    """The means of the bins of the middle axis."""
    matrix = ops.cast(_mean_matrix(columns.shape[1], count), columns.dtype)
    return ops.einsum("mn,rnc->rmc", matrix, columns)


def _maximum(columns: Tensor, count: int) -> Tensor:
    """The maxima of the bins of the middle axis; of equal values the first counts."""
    places = _places(columns.shape[1], count)
    gathered = ops.take(columns, places.reshape(-1), axis=1)
    width = places.shape[1]
    return ops.max_pool(gathered, width, strides=width, data_format="channels_last")


def _mean_matrix(size: int, count: int) -> Array:
    """(count, size): 1 / width of bin i in row i, where the bin lies."""
    matrix = np.zeros((count, size))
    for row, (start, stop) in zip(matrix, bins(size, count), strict=True):
        row[start:stop] = 1 / (stop - start)
    return matrix


def _places(size: int, count: int) -> Array:
    """(count, width): the places of each bin; a smaller one has its last place several times."""
    spans = np.array(bins(size, count))
    width = (spans[:, 1] - spans[:, 0]).max()
    return np.minimum(spans[:, :1] + np.arange(width), spans[:, 1:] - 1)


class AxesAdaptiveAveragePooling1D(_AverageMixin, keras.layers.AdaptiveAveragePooling1D):
    """Keras' adaptive average pooling of sequences."""


class AxesAdaptiveAveragePooling2D(_AverageMixin, keras.layers.AdaptiveAveragePooling2D):
    """Keras' adaptive average pooling of images."""


class AxesAdaptiveAveragePooling3D(_AverageMixin, keras.layers.AdaptiveAveragePooling3D):
    """Keras' adaptive average pooling of volumes."""


class AxesAdaptiveMaxPooling1D(_MaxMixin, keras.layers.AdaptiveMaxPooling1D):
    """Keras' adaptive max pooling of sequences."""


class AxesAdaptiveMaxPooling2D(_MaxMixin, keras.layers.AdaptiveMaxPooling2D):
    """Keras' adaptive max pooling of images."""


class AxesAdaptiveMaxPooling3D(_MaxMixin, keras.layers.AdaptiveMaxPooling3D):
    """Keras' adaptive max pooling of volumes."""


_AVERAGE: dict[int, Any] = {
    1: AxesAdaptiveAveragePooling1D,
    2: AxesAdaptiveAveragePooling2D,
    3: AxesAdaptiveAveragePooling3D,
}
_MAX: dict[int, Any] = {
    1: AxesAdaptiveMaxPooling1D,
    2: AxesAdaptiveMaxPooling2D,
    3: AxesAdaptiveMaxPooling3D,
}


def adaptive_average_pooling(layer: AdaptivePooling, context: RuleContext) -> KerasLayer:
    """y = the mean of each bin."""
    return _AVERAGE[layer.rank](layer.output_size, data_format="channels_last", **context.common)


def adaptive_max_pooling(layer: AdaptivePooling, context: RuleContext) -> KerasLayer:
    """y = the maximum of each bin."""
    return _MAX[layer.rank](layer.output_size, data_format="channels_last", **context.common)
