"""Pooling layers: the maximum or the mean of each window."""

from __future__ import annotations

from math import prod
from typing import Self, cast

from nnspec.components.layers.base import Example, Layer
from nnspec.errors import ShapeError
from nnspec.options.shapes import Pads, count_image_windows, format_shape, image_shape, paddings
from nnspec.options.types import Padding, Pair, Shape

_EXAMPLES = (
    Example({"pool_size": 2}, (6, 4, 2)),
    Example({"pool_size": 2}, (5, 7, 3)),
    Example({"pool_size": 3, "strides": 2, "padding": "same"}, (7, 6, 2)),
    Example({"pool_size": [3, 2], "strides": 1, "padding": [[1, 1], [0, 1]]}, (5, 5, 1)),
)


class Pooling2D(Layer):
    """Base class of 2-D poolings; `strides` defaults to the pool size."""

    channels_last = True
    row_independent = True

    pool_size: Pair = (2, 2)
    strides: Pair | None = None
    padding: Padding = "valid"

    examples = _EXAMPLES

    @property
    def pads(self) -> Pads:
        """The padding in numbers, once the layer is resolved."""
        return cast("Pads", self.padding)

    def output_shape(self, x: Shape) -> Shape:
        """(height, width, channels) -> (height', width', channels)."""
        *_, channels = image_shape(x, self.kind)
        pads = self._pads(x)
        if any(max(side) >= size for side, size in zip(pads, self.pool_size, strict=True)):
            window = format_shape(self.pool_size)
            message = f"{self.kind}: the padding {pads} must be smaller than {window}"
            raise ShapeError(message, "a window would hold nothing but padding")
        counts = count_image_windows(
            x, self.pool_size, self.strides or self.pool_size, (1, 1), pads
        )
        return (*counts, channels)

    def flops(self, x: Shape) -> int:
        """One for each value of each window."""
        return prod(self.pool_size) * prod(self.output_shape(x))

    def bind(self, x: Shape) -> Self:
        """Strides and padding in numbers."""
        strides = self.strides or self.pool_size
        return self.replace(strides=strides, padding=self._pads(x))

    def _pads(self, x: Shape) -> Pads:
        strides = self.strides or self.pool_size
        return paddings(self.padding, x[:2], self.pool_size, strides, (1, 1))


class MaxPooling2D(Pooling2D, kind="max_pooling2d", primary="pool_size"):
    """The largest value of each window: y[i, j, c] = max_{u, v} x[i s + u, j s + v, c].

    Padding never wins. A tie's gradient goes to the first element in row-major order.
    Input (height, width, channels), output (height', width', channels). No parameters.
    """


class AveragePooling2D(Pooling2D, kind="average_pooling2d", primary="pool_size"):
    """The mean of each window: y[i, j, c] = mean_{u, v} x[i s + u, j s + v, c].

    Padding is left out of the mean, as in Keras.
    Input (height, width, channels), output (height', width', channels). No parameters.
    """

    affine = True
