"""Explicit padding of images on Keras."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from keras import ops

from nnspec.backends.keras.rules import RuleContext, Tensor
from nnspec.options.shapes import Pads
from nnspec.options.types import Shape


class ImagePadding(NamedTuple):
    """The padding of images of one size, and the shape of a row of the output."""

    pads: Pads
    row_shape: Shape


class PaddingMixin:
    """Mixin of Keras layers that pad their images explicitly, which changes the output shape.

    `same` padding depends on the size of the images, so a layer that is shared may have several.
    """

    def __init__(
        self, *args: Any, padding_of: Callable[[Shape], ImagePadding], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.padding_of = padding_of  # by the shape of a row of the input

    def pads_of(self, inputs: Tensor) -> Pads:
        """The padding of images (rows, *sizes, channels)."""
        return self.padding_of(tuple(inputs.shape[1:])).pads

    def compute_output_shape(self, input_shape: Any) -> Any:
        """(rows, *row_shape), with row_shape the node's output shape."""
        return (input_shape[0], *self.padding_of(tuple(input_shape[1:])).row_shape)


def padding_by_shape(context: RuleContext) -> Callable[[Shape], ImagePadding]:
    """The padding of each use of a layer, by the shape of a row of its input."""
    paddings = {
        tuple(map(int, node.input_shapes[0])): ImagePadding(
            node.layer.pads,  # type: ignore[attr-defined]
            tuple(map(int, node.shape)),
        )
        for node in context.uses
    }
    return paddings.__getitem__


def pad(x: Tensor, pads: Pads, value: float) -> Tensor:
    """Pad channels-last images with `value`; return them unchanged if all pads are 0."""
    if not any(map(any, pads)):
        return x
    return ops.pad(x, ((0, 0), *pads, (0, 0)), constant_values=value)


def crop(x: Tensor, starts: Shape, sizes: Shape) -> Tensor:
    """So many places of each spatial axis from a start; zeros where the image ends before."""
    spans = [slice(start, start + size) for start, size in zip(starts, sizes, strict=True)]
    kept = x[(slice(None), *spans)]
    missing = tuple((0, size - found) for size, found in zip(sizes, kept.shape[1:-1], strict=True))
    return pad(kept, missing, 0.0)
