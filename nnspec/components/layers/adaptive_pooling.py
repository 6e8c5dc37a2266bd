"""Pooling to a given size: the mean or the largest value of each bin of an image."""

from __future__ import annotations

from math import prod
from typing import ClassVar

from nnspec.components.layers.base import Example, Layer
from nnspec.options.shapes import spatial_shape
from nnspec.options.spatial_types import Pair, Single, Triple
from nnspec.options.types import Shape


def bins(size: int, count: int) -> list[tuple[int, int]]:
    """Where each of `count` bins of an axis starts and ends; neighbours may overlap.

    Bin i of m over n places is [floor(i n / m), ceil((i + 1) n / m)), as in PyTorch and Keras.
    """
    return [(i * size // count, -(-(i + 1) * size // count)) for i in range(count)]


class AdaptivePooling(Layer):
    """Base class of poolings of `rank` spatial axes to the size `output_size`."""

    channels_last = True
    row_independent = True
    rank: ClassVar[int]

    output_size: Shape

    def output_shape(self, x: Shape) -> Shape:
        """(*sizes, channels) -> (*output_size, channels)."""
        _, channels = spatial_shape(x, self.rank, self.kind)
        return (*self.output_size, channels)

    def flops(self, x: Shape) -> int:
        """One for each value of each bin."""
        widths = (
            sum(stop - start for start, stop in bins(*axis))
            for axis in zip(x[:-1], self.output_size, strict=True)
        )
        return prod(widths) * x[-1]


_EXAMPLES = {
    1: (Example({"output_size": 3}, (7, 2)),),
    2: (Example({"output_size": [2, 4]}, (5, 3, 2)),),
    3: (Example({"output_size": [1, 3, 2]}, (2, 4, 3, 2)),),
}


class AdaptiveAveragePooling1D(
    AdaptivePooling, kind="adaptive_average_pooling1d", primary="output_size"
):
    """The mean of each bin of a sequence: y[i, c] = mean of x[a : b, c].

    Bin i of m over n steps has a = floor(i n / m) and b = ceil((i + 1) n / m).
    Input (steps, channels), output (output_size, channels). No parameters.
    """

    affine = True
    rank = 1

    output_size: Single

    examples = _EXAMPLES[1]


class AdaptiveAveragePooling2D(
    AdaptivePooling, kind="adaptive_average_pooling2d", primary="output_size"
):
    """The mean of each bin of an image: y[i, j, c] = mean of x[a : b, a' : b', c].

    Bin i of m over n rows has a = floor(i n / m) and b = ceil((i + 1) n / m), columns likewise.
    Input (height, width, channels), output (*output_size, channels). No parameters.
    """

    affine = True
    rank = 2

    output_size: Pair

    examples = _EXAMPLES[2]


class AdaptiveAveragePooling3D(
    AdaptivePooling, kind="adaptive_average_pooling3d", primary="output_size"
):
    """The mean of each bin of a volume.

    Along an axis bin i of m over n places is [floor(i n / m), ceil((i + 1) n / m)).
    Input (depth, height, width, channels), output (*output_size, channels). No parameters.
    """

    affine = True
    rank = 3

    output_size: Triple

    examples = _EXAMPLES[3]


class AdaptiveMaxPooling1D(AdaptivePooling, kind="adaptive_max_pooling1d", primary="output_size"):
    """The largest value of each bin of a sequence: y[i, c] = max of x[a : b, c].

    Bin i of m over n steps has a = floor(i n / m) and b = ceil((i + 1) n / m). A tie's gradient
    goes to the first element. Input (steps, channels), output (output_size, channels).
    """

    rank = 1

    output_size: Single

    examples = _EXAMPLES[1]


class AdaptiveMaxPooling2D(AdaptivePooling, kind="adaptive_max_pooling2d", primary="output_size"):
    """The largest value of each bin of an image: y[i, j, c] = max of x[a : b, a' : b', c].

    Bin i of m over n rows has a = floor(i n / m) and b = ceil((i + 1) n / m), columns likewise.
    A tie's gradient goes to the first element in row-major order.
    Input (height, width, channels), output (*output_size, channels). No parameters.
    """

    rank = 2

    output_size: Pair

    examples = _EXAMPLES[2]


class AdaptiveMaxPooling3D(AdaptivePooling, kind="adaptive_max_pooling3d", primary="output_size"):
    """The largest value of each bin of a volume.

    Along an axis bin i of m over n places is [floor(i n / m), ceil((i + 1) n / m)).
    A tie's gradient goes to the first element in row-major order.
    Input (depth, height, width, channels), output (*output_size, channels). No parameters.
    """

    rank = 3

    output_size: Triple

    examples = _EXAMPLES[3]
