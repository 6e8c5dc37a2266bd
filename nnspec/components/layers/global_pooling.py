"""Pooling of a whole image: the mean or the largest value of each channel."""

from __future__ import annotations

from math import prod

from nnspec.components.layers.base import Example, Layer
from nnspec.options.shapes import image_shape
from nnspec.options.types import Shape


class GlobalPooling2D(Layer):
    """Base class of poolings over the whole image; `keepdims` keeps its axes, of size 1."""

    channels_last = True
    row_independent = True

    keepdims: bool = False

    examples = (Example({}, (4, 3, 2)), Example({"keepdims": True}, (2, 5, 3)))

    def output_shape(self, x: Shape) -> Shape:
        """(height, width, channels) -> (channels), or (1, 1, channels) with `keepdims`."""
        *_, channels = image_shape(x, self.kind)
        return (1, 1, channels) if self.keepdims else (channels,)

    def flops(self, x: Shape) -> int:
        """One for each element."""
        return prod(x)


class GlobalAveragePooling2D(GlobalPooling2D, kind="global_average_pooling2d"):
    """The mean of each channel: y[c] = mean_{i, j} x[i, j, c] (Lin et al., 2013). No parameters."""

    affine = True


class GlobalMaxPooling2D(GlobalPooling2D, kind="global_max_pooling2d"):
    """The largest value of each channel: y[c] = max_{i, j} x[i, j, c]. No parameters.

    A tie's gradient goes to the first element in row-major order.
    """
