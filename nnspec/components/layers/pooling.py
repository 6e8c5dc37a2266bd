"""Pooling layers: the maximum or the mean of each window."""

from __future__ import annotations

from math import prod
from typing import ClassVar, Literal, Self, cast

from nnspec.components.layers.base import Example, Layer
from nnspec.errors import ShapeError
from nnspec.options.shapes import (
    Pads,
    count_windows_per_axis,
    format_shape,
    paddings,
    spatial_shape,
)
from nnspec.options.spatial_types import Padding1D, Padding2D, Padding3D, Pair, Single, Triple
from nnspec.options.types import Shape


class Pooling(Layer):
    """Base class of poolings over `rank` spatial axes; `strides` defaults to the pool size.

    The places of a window are `dilation_rate` apart, which Keras' poolings lack.
    """

    channels_last = True
    row_independent = True
    rank: ClassVar[int]

    pool_size: Shape
    strides: Shape | None = None
    padding: Literal["valid", "same"] | Pads
    dilation_rate: Shape

    @property
    def pads(self) -> Pads:
        """The padding in numbers, once the layer is resolved."""
        return cast("Pads", self.padding)

    @property
    def steps(self) -> Shape:
        """The strides: the pool size where they are not given."""
        return self.strides or self.pool_size

    def output_shape(self, x: Shape) -> Shape:
        """(*sizes, channels) -> (*sizes', channels)."""
        _, channels = spatial_shape(x, self.rank, self.kind)
        pads = self._pads(x)
        if any(max(side) >= size for side, size in zip(pads, self._extents, strict=True)):
            window = format_shape(self._extents)
            message = f"{self.kind}: the padding {pads} must be smaller than {window}"
            raise ShapeError(message, _ONLY_PADDING)
        counts = count_windows_per_axis(x, self.pool_size, self.steps, self.dilation_rate, pads)
        if any(map(_skips_all, x, counts, self.steps, self.dilation_rate, pads)):
            raise ShapeError(f"{self.kind}: the holes of a window skip the image", _ONLY_PADDING)
        return (*counts, channels)

    @property
    def _extents(self) -> Shape:
        """The places from the first to the last of a window."""
        axes = zip(self.pool_size, self.dilation_rate, strict=True)
        return tuple((size - 1) * rate + 1 for size, rate in axes)

    def flops(self, x: Shape) -> int:
        """One for each value of each window."""
        return prod(self.pool_size) * prod(self.output_shape(x))

    def bind(self, x: Shape) -> Self:
        """Strides and padding in numbers."""
        return self.replace(strides=self.steps, padding=self._pads(x))

    def _pads(self, x: Shape) -> Pads:
        return paddings(self.padding, x[:-1], self.pool_size, self.steps, self.dilation_rate)


_ONLY_PADDING = "a window would hold nothing but padding"


def _skips_all(size: int, count: int, stride: int, dilation: int, pads: tuple[int, int]) -> bool:
    """Whether the places of a window that starts in the padding skip the whole axis."""
    starts = (window * stride - pads[0] for window in range(min(count, -(-pads[0] // stride))))
    return any(start % dilation >= size for start in starts)


class Pooling1D(Pooling):
    """Base class of 1-D poolings."""

    rank = 1

    pool_size: Single = (2,)
    strides: Single | None = None
    padding: Padding1D = "valid"
    dilation_rate: Single = (1,)

    examples = (
        Example({"pool_size": 2}, (6, 2)),
        Example({"pool_size": 3, "strides": 2, "padding": "same"}, (7, 2)),
        Example({"pool_size": 3, "strides": 2, "padding": [2, 1], "dilation_rate": 2}, (8, 2)),
    )


class Pooling2D(Pooling):
    """Base class of 2-D poolings."""

    rank = 2

    pool_size: Pair = (2, 2)
    strides: Pair | None = None
    padding: Padding2D = "valid"
    dilation_rate: Pair = (1, 1)

    examples = (
        Example({"pool_size": 2}, (6, 4, 2)),
        Example({"pool_size": 2}, (5, 7, 3)),
        Example({"pool_size": 3, "strides": 2, "padding": "same"}, (7, 6, 2)),
        Example({"pool_size": [3, 2], "strides": 1, "padding": [[1, 1], [0, 1]]}, (5, 5, 1)),
        Example({"pool_size": 2, "strides": 3, "dilation_rate": [2, 1]}, (6, 5, 2)),
    )


class Pooling3D(Pooling):
    """Base class of 3-D poolings."""

    rank = 3

    pool_size: Triple = (2, 2, 2)
    strides: Triple | None = None
    padding: Padding3D = "valid"
    dilation_rate: Triple = (1, 1, 1)

    examples = (
        Example({"pool_size": 2}, (4, 2, 3, 2)),
        Example(
            {"pool_size": [1, 3, 2], "strides": 2, "padding": "same", "dilation_rate": [1, 1, 2]},
            (3, 4, 4, 1),
        ),
    )


class MaxPooling1D(Pooling1D, kind="max_pooling1d", primary="pool_size"):
    """The largest value of each window: y[i, c] = max_u x[i s + u d, c].

    Padding never wins. A tie's gradient goes to the first element.
    Input (steps, channels), output (steps', channels). No parameters.
    """


class MaxPooling2D(Pooling2D, kind="max_pooling2d", primary="pool_size"):
    """The largest value of each window: y[i, j, c] = max_{u, v} x[i s + u d, j s + v d, c].

    Padding never wins. A tie's gradient goes to the first element in row-major order.
    Input (height, width, channels), output (height', width', channels). No parameters.
    """


class MaxPooling3D(Pooling3D, kind="max_pooling3d", primary="pool_size"):
    """The largest value of each window.

    y[h, i, j, c] = max_{t, u, v} x[h s + t d, i s + u d, j s + v d, c]. Padding never wins.
    A tie's gradient goes to the first element in row-major order.
    Input (depth, height, width, channels), output (depth', height', width', channels).
    """


class AveragePooling1D(Pooling1D, kind="average_pooling1d", primary="pool_size"):
    """The mean of each window: y[i, c] = mean_u x[i s + u d, c].

    Padding is left out of the mean, as in Keras.
    Input (steps, channels), output (steps', channels). No parameters.
    """

    affine = True


class AveragePooling2D(Pooling2D, kind="average_pooling2d", primary="pool_size"):
    """The mean of each window: y[i, j, c] = mean_{u, v} x[i s + u d, j s + v d, c].

    Padding is left out of the mean, as in Keras.
    Input (height, width, channels), output (height', width', channels). No parameters.
    """

    affine = True


class AveragePooling3D(Pooling3D, kind="average_pooling3d", primary="pool_size"):
    """The mean of each window.

    y[h, i, j, c] = mean_{t, u, v} x[h s + t d, i s + u d, j s + v d, c].

    Padding is left out of the mean, as in Keras.
    Input (depth, height, width, channels), output (depth', height', width', channels).
    """

    affine = True
