"""Pooling of a whole image: the mean or the largest value of each channel."""

from __future__ import annotations

from math import prod
from typing import ClassVar

from nnspec.components.layers.base import Example, Layer
from nnspec.options.shapes import spatial_shape
from nnspec.options.types import Shape


class GlobalPooling(Layer):
    """Base class of poolings over all of `rank` spatial axes; `keepdims` keeps them, of size 1."""

    channels_last = True
    row_independent = True
    rank: ClassVar[int]

    keepdims: bool = False

    def output_shape(self, x: Shape) -> Shape:
        """(*sizes, channels) -> (channels), or (1, ..., channels) with `keepdims`."""
        _, channels = spatial_shape(x, self.rank, self.kind)
        return (*(1,) * self.rank, channels) if self.keepdims else (channels,)

    def flops(self, x: Shape) -> int:
        """One for each element."""
        return prod(x)


_EXAMPLES = {
    rank: (Example({}, (*sizes, 2)), Example({"keepdims": True}, (*sizes[::-1], 3)))
    for rank, sizes in {1: (4,), 2: (4, 3), 3: (2, 3, 2)}.items()
}


class GlobalAveragePooling1D(GlobalPooling, kind="global_average_pooling1d"):
    """The mean of each channel of a sequence: y[c] = mean_i x[i, c]. No parameters."""

    affine = True
    rank = 1
    examples = _EXAMPLES[1]


class GlobalAveragePooling2D(GlobalPooling, kind="global_average_pooling2d"):
    """The mean of each channel: y[c] = mean_{i, j} x[i, j, c] (Lin et al., 2013). No parameters."""

    affine = True
    rank = 2
    examples = _EXAMPLES[2]


class GlobalAveragePooling3D(GlobalPooling, kind="global_average_pooling3d"):
    """The mean of each channel of a volume: y[c] = mean_{h, i, j} x[h, i, j, c]. No parameters."""

    affine = True
    rank = 3
    examples = _EXAMPLES[3]


class GlobalMaxPooling1D(GlobalPooling, kind="global_max_pooling1d"):
    """The largest value of each channel of a sequence: y[c] = max_i x[i, c]. No parameters.

    A tie's gradient goes to the first element.
    """

    rank = 1
    examples = _EXAMPLES[1]


class GlobalMaxPooling2D(GlobalPooling, kind="global_max_pooling2d"):
    """The largest value of each channel: y[c] = max_{i, j} x[i, j, c]. No parameters.

    A tie's gradient goes to the first element in row-major order.
    """

    rank = 2
    examples = _EXAMPLES[2]


class GlobalMaxPooling3D(GlobalPooling, kind="global_max_pooling3d"):
    """The largest value of each channel of a volume: y[c] = max_{h, i, j} x[h, i, j, c].

    A tie's gradient goes to the first element in row-major order. No parameters.
    """

    rank = 3
    examples = _EXAMPLES[3]
