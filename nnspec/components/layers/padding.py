"""Zeros around images, and images without their border."""

from __future__ import annotations

from typing import ClassVar

from nnspec.components.layers.base import Example, Layer
from nnspec.errors import ShapeError
from nnspec.options.shapes import Pads, format_shape, spatial_shape
from nnspec.options.spatial_types import ExplicitPadding1D, ExplicitPadding2D, ExplicitPadding3D
from nnspec.options.types import Shape


class _BorderLayer(Layer):
    """Base class of layers that add or take away so much before and after each spatial axis."""

    affine = True
    channels_last = True
    row_independent = True
    rank: ClassVar[int]

    def flops(self, x: Shape) -> int:
        """Nothing is computed."""
        return 0


class _PaddingLayer(_BorderLayer):
    """Base class of layers that add a border."""

    padding: Pads

    @property
    def pads(self) -> Pads:
        """The padding before and after each axis."""
        return self.padding

    def output_shape(self, x: Shape) -> Shape:
        """(*sizes, channels) -> (*sizes + before + after, channels)."""
        sizes, channels = spatial_shape(x, self.rank, self.kind)
        return (*(n + sum(pad) for n, pad in zip(sizes, self.padding, strict=True)), channels)


class ZeroPadding(_PaddingLayer):
    """Base class of zero paddings."""


class ReflectionPadding(_PaddingLayer):
    """Base class of paddings with the reflection of the image at its border."""

    def output_shape(self, x: Shape) -> Shape:
        """(*sizes, channels) -> (*sizes + before + after, channels)."""
        shape = super().output_shape(x)
        if any(max(pad) >= size for pad, size in zip(self.padding, x[:-1], strict=True)):
            message = f"{self.kind} of {self.padding} is too wide for {format_shape(x)}"
            raise ShapeError(message, "a reflection is narrower than the image")
        return shape


class ZeroPadding1D(ZeroPadding, kind="zero_padding1d", primary="padding"):
    """Zeros before and after a sequence (steps, channels).

    `padding` is a number for both ends, or [before, after].
    """

    rank = 1

    padding: ExplicitPadding1D = ((1, 1),)

    examples = (Example({}, (3, 2)), Example({"padding": [2, 0]}, (2, 1)))


class ZeroPadding2D(ZeroPadding, kind="zero_padding2d", primary="padding"):
    """Rows and columns of zeros around an image (height, width, channels).

    `padding` is a number for all sides, [height, width], or [[top, bottom], [left, right]].
    """

    rank = 2

    padding: ExplicitPadding2D = ((1, 1), (1, 1))

    examples = (
        Example({}, (2, 3, 2)),
        Example({"padding": [[1, 0], [0, 2]]}, (3, 3, 1)),
    )


class ZeroPadding3D(ZeroPadding, kind="zero_padding3d", primary="padding"):
    """Zeros around a volume (depth, height, width, channels).

    `padding` is a number for all sides, one for each axis, or a pair for each axis.
    """

    rank = 3

    padding: ExplicitPadding3D = ((1, 1), (1, 1), (1, 1))

    examples = (
        Example({}, (1, 2, 2, 2)),
        Example({"padding": [[1, 0], [0, 2], [0, 0]]}, (2, 1, 3, 1)),
    )


class ReflectionPadding1D(ReflectionPadding, kind="reflection_padding1d", primary="padding"):
    """A sequence (steps, channels), reflected at its ends: (a b c) becomes (b a b c b).

    `padding` is a number for both ends, or [before, after]. The end itself is not repeated, as in
    torch's ReflectionPad1d.
    """

    rank = 1

    padding: ExplicitPadding1D = ((1, 1),)

    examples = (Example({"padding": [2, 1]}, (3, 2)),)


class ReflectionPadding2D(ReflectionPadding, kind="reflection_padding2d", primary="padding"):
    """An image (height, width, channels), reflected at its border, which is not repeated.

    `padding` is a number for all sides, [height, width], or [[top, bottom], [left, right]].
    Along each axis (a b c) becomes (b a b c b), as in torch's ReflectionPad2d.
    """

    rank = 2

    padding: ExplicitPadding2D = ((1, 1), (1, 1))

    examples = (Example({"padding": [[1, 0], [2, 3]]}, (2, 4, 2)),)


class ReflectionPadding3D(ReflectionPadding, kind="reflection_padding3d", primary="padding"):
    """A volume (depth, height, width, channels), reflected at its border, which is not repeated.

    `padding` is a number for all sides, one for each axis, or a pair for each axis.
    Along each axis (a b c) becomes (b a b c b), as in torch's ReflectionPad3d.
    """

    rank = 3

    padding: ExplicitPadding3D = ((1, 1), (1, 1), (1, 1))

    examples = (Example({"padding": [[1, 0], [0, 2], [1, 1]]}, (2, 3, 2, 1)),)


class Cropping(_BorderLayer):
    """Base class of croppings."""

    cropping: Pads

    def output_shape(self, x: Shape) -> Shape:
        """(*sizes, channels) -> (*sizes - before - after, channels)."""
        sizes, channels = spatial_shape(x, self.rank, self.kind)
        kept = tuple(n - sum(cut) for n, cut in zip(sizes, self.cropping, strict=True))
        if any(size < 1 for size in kept):
            message = f"{self.kind} of {self.cropping} leaves nothing of {format_shape(x)}"
            raise ShapeError(message, "crop less")
        return (*kept, channels)


class Cropping1D(Cropping, kind="cropping1d", primary="cropping"):
    """A sequence (steps, channels) without its first and last steps.

    `cropping` is a number for both ends, or [before, after].
    """

    rank = 1

    cropping: ExplicitPadding1D = ((1, 1),)

    examples = (Example({}, (4, 2)), Example({"cropping": [2, 0]}, (3, 1)))


class Cropping2D(Cropping, kind="cropping2d", primary="cropping"):
    """An image (height, width, channels) without its border.

    `cropping` is a number for all sides, [height, width], or [[top, bottom], [left, right]].
    """

    rank = 2

    cropping: ExplicitPadding2D = ((0, 0), (0, 0))

    examples = (
        Example({"cropping": 1}, (4, 3, 2)),
        Example({"cropping": [[1, 0], [0, 2]]}, (3, 4, 1)),
    )


class Cropping3D(Cropping, kind="cropping3d", primary="cropping"):
    """A volume (depth, height, width, channels) without its border.

    `cropping` is a number for all sides, one for each axis, or a pair for each axis.
    """

    rank = 3

    cropping: ExplicitPadding3D = ((1, 1), (1, 1), (1, 1))

    examples = (
        Example({}, (3, 3, 4, 1)),
        Example({"cropping": [[1, 0], [0, 2], [0, 0]]}, (2, 3, 1, 2)),
    )
