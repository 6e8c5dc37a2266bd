"""Enlargement of images by whole factors."""

from __future__ import annotations

from typing import ClassVar, Literal

from nnspec.components.layers.base import Example, Layer
from nnspec.options.shapes import spatial_shape
from nnspec.options.spatial_types import Pair, Single, Triple
from nnspec.options.types import Shape


class UpSampling(Layer):
    """Base class of enlargements of each spatial axis by a whole factor."""

    affine = True
    channels_last = True
    row_independent = True
    rank: ClassVar[int]

    size: Shape
    interpolation: Literal["nearest", "bilinear"] = "nearest"

    def output_shape(self, x: Shape) -> Shape:
        """(*sizes, channels) -> (*sizes times factor, channels)."""
        sizes, channels = spatial_shape(x, self.rank, self.kind)
        return (*(n * factor for n, factor in zip(sizes, self.size, strict=True)), channels)


class UpSampling1D(UpSampling, kind="up_sampling1d", primary="size"):
    """Each step of a sequence, `size` times: y[i, c] = x[i // size, c].

    Input (steps, channels), output (steps size, channels). No parameters.
    """

    rank = 1

    size: Single = (2,)
    interpolation: Literal["nearest"] = "nearest"

    examples = (Example({}, (3, 2)), Example({"size": 3}, (2, 1)))


class UpSampling2D(UpSampling, kind="up_sampling2d", primary="size"):
    """An image, enlarged: y[i, j, c] = x[i // s, j // s, c] with `interpolation: nearest`.

    `bilinear` interpolates between the centres of pixels: y[i] = (1 - t) x[k] + t x[k + 1] with
    k + t = (i + 1/2) / s - 1/2 along each axis, and the outermost pixels go on at the border (as
    Keras, and torch with align_corners=False). Input (height, width, channels), output
    (height s, width s, channels). No parameters.
    """

    rank = 2

    size: Pair = (2, 2)

    examples = (
        Example({}, (2, 3, 2)),
        Example({"size": [1, 3]}, (2, 2, 1)),
        Example({"size": [2, 3], "interpolation": "bilinear"}, (3, 2, 2)),
    )


class UpSampling3D(UpSampling, kind="up_sampling3d", primary="size"):
    """Each value of a volume, `size` times along each axis.

    y[h, i, j, c] = x[h // s, i // s, j // s, c]. Input (depth, height, width, channels),
    output with each size times s. No parameters.
    """

    rank = 3

    size: Triple = (2, 2, 2)
    interpolation: Literal["nearest"] = "nearest"

    examples = (Example({}, (1, 2, 2, 2)), Example({"size": [2, 1, 3]}, (2, 2, 1, 1)))
