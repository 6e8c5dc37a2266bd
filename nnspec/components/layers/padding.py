"""Padding of images."""

from __future__ import annotations

from nnspec.components.layers.base import Example, Layer
from nnspec.options.shapes import Pads, image_shape
from nnspec.options.types import ExplicitPadding, Shape


class ZeroPadding2D(Layer, kind="zero_padding2d", primary="padding"):
    """Rows and columns of zeros around an image.

    `padding` is a number for all sides, [height, width], or [[top, bottom], [left, right]].
    """

    affine = True
    channels_last = True
    row_independent = True

    padding: ExplicitPadding = ((1, 1), (1, 1))

    examples = (
        Example({}, (2, 3, 2)),
        Example({"padding": [[1, 0], [0, 2]]}, (3, 3, 1)),
    )

    @property
    def pads(self) -> Pads:
        """The padding before and after each axis."""
        return self.padding

    def output_shape(self, x: Shape) -> Shape:
        """(height, width, channels) -> (height + top + bottom, width + left + right, channels)."""
        *sizes, channels = image_shape(x, self.kind)
        return (*(n + sum(pad) for n, pad in zip(sizes, self.padding, strict=True)), channels)

    def flops(self, x: Shape) -> int:
        """Nothing is computed."""
        return 0
