"""Preprocessing steps of images: resize, center_crop, grayscale."""

from __future__ import annotations

from nnspec.components.preprocessing.base import Transform, floating
from nnspec.errors import ShapeError
from nnspec.options.shapes import format_shape
from nnspec.options.spatial_types import Pair
from nnspec.options.tensor_spec import TensorSpec
from nnspec.options.types import Shape

_AXES = (2, 3)  # of an image: (height, width), and the channels last where it has any
_CHANNELS = 3  # red, green, blue


class ResizeTransform(Transform, kind="resize", primary="size"):
    """Each image stretched to `size`, [height, width], by bilinear interpolation, antialiased.

    Along each axis y_i = sum_j w_ij x_j / sum_j w_ij with w_ij = max(0, 1 - |j + 0.5 - (i + 0.5) s|
    / max(s, 1)) and s = old size / new size, the width first. Whole numbers stay whole and are
    rounded after each axis: bytes become what Pillow's `resize` gives for an axis at a time, as in
    an image source with a `size`. Others are computed in float64.
    """

    size: Pair

    example = "{resize: [32, 32]}"

    def apply(self, x: TensorSpec) -> TensorSpec:
        """Shape (height, width, ...) of `size`; a ShapeError unless a row is an image."""
        _check_image(self.kind, x.shape)
        dtype = floating(x.dtype) if x.is_float else x.dtype
        return TensorSpec((*self.size, *x.shape[2:]), dtype)


class CenterCropTransform(Transform, kind="center_crop", primary="size"):
    """The middle of each image, of `size`, [height, width].

    Where the margins cannot be alike, that above and that at the left is smaller by one.
    """

    rearranges = True
    size: Pair

    example = "{center_crop: [24, 24]}"

    def apply(self, x: TensorSpec) -> TensorSpec:
        """Shape (height, width, ...) of `size`; a ShapeError where no image is that large."""
        _check_image(self.kind, x.shape)
        if self.size[0] > x.shape[0] or self.size[1] > x.shape[1]:
            sizes = f"{format_shape(self.size)} of an image of {format_shape(x.shape[:2])}"
            raise ShapeError(f"center_crop takes {sizes}", "resize it, or crop less")
        return x._replace(shape=(*self.size, *x.shape[2:]))


class GrayscaleTransform(Transform, kind="grayscale"):
    """The luma of each pixel, 0.299 R + 0.587 G + 0.114 B, as the only channel.

    Whole numbers stay whole and are rounded: bytes become what Pillow's mode L gives, as an image
    source with `color: gray` does.
    """

    def apply(self, x: TensorSpec) -> TensorSpec:
        """Shape (height, width, 1); a ShapeError unless a row is an image of three channels."""
        _check_image(self.kind, x.shape)
        if x.shape[2:] != (_CHANNELS,):
            found = format_shape(x.shape)
            raise ShapeError(f"grayscale takes (height, width, {_CHANNELS}), not {found}")
        return TensorSpec((*x.shape[:2], 1), floating(x.dtype) if x.is_float else x.dtype)


def _check_image(kind: str, shape: Shape) -> None:
    """Raise ShapeError unless rows of a shape are images."""
    if len(shape) not in _AXES:
        message = f"{kind} takes images, (height, width) or (height, width, channels)"
        raise ShapeError(f"{message}, not {format_shape(shape)}", "reshape them first")
