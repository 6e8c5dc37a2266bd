"""Shape arithmetic: sliding windows, paddings, sizes with their factors."""

from __future__ import annotations

from math import prod
from typing import Literal

from nnspec.errors import ShapeError
from nnspec.options.types import Shape, Size
from nnspec.options.unknown_size import UNKNOWN, has_unknown

Pads = tuple[tuple[int, int], ...]

TO_CHANNELS_LAST = "write `- permute: [2, 3, 1]` before it"
_MOST_CHANNELS = 4  # grey, grey and transparent, coloured, coloured and transparent


class Product(int):
    """A size that is a product and remembers how it was written: 784 as `28*28`."""

    text: str

    @classmethod
    def of(cls, sizes: Shape) -> Size:
        """The product of sizes."""
        if has_unknown(sizes):
            return UNKNOWN
        product = cls(prod(sizes))
        product.text = "*".join(map(format_factors, sizes)) or "1"
        return product


def format_factors(size: Size) -> str:
    """A size as a teacher writes it."""
    return size.text if isinstance(size, Product) else str(size)


def format_shape(shape: Shape) -> str:
    """A shape for people: `(26, 26, 32)`, and `(784)` rather than Python's `(784,)`."""
    return f"({', '.join(map(str, shape))})"


def paddings(
    padding: Literal["valid", "same", "causal"] | Pads,
    sizes: Shape,
    kernel: Shape,
    strides: Shape,
    dilation: Shape,
) -> Pads:
    """The padding before and after each axis, in numbers."""
    if padding == "valid":
        return tuple((0, 0) for _ in sizes)
    if padding == "same":
        return tuple(map(same_padding, sizes, kernel, strides, dilation))
    if padding == "causal":
        return tuple(((k - 1) * d, 0) for k, d in zip(kernel, dilation, strict=True))
    return padding


def same_padding(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """The zeros that make ceil(size / stride) windows; an odd one goes to the end.

    total = max((ceil(n/s) - 1) s + (k - 1) d + 1 - n, 0), as TensorFlow and Keras do.
    """
    count_windows = -(-size // stride)
    total = max((count_windows - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


def count_windows(size: int, kernel: int, stride: int, dilation: int, pads: tuple[int, int]) -> int:
    """How many windows fit on an axis: floor((n + p - (k - 1) d - 1) / s) + 1."""
    extent = (kernel - 1) * dilation + 1
    padded = size + sum(pads)
    if extent > padded:
        reach = f" (with dilation {dilation}: {extent})" if dilation > 1 else ""
        message = f"kernel {kernel}{reach} is larger than its input {padded}"
        raise ShapeError(message, "use a smaller one or padding: same")
    return (padded - extent) // stride + 1


def count_windows_per_axis(
    image: Shape, kernel: Shape, strides: Shape, dilation: Shape, pads: Pads
) -> Shape:
    """How many windows fit along each spatial axis of an image (*sizes, channels)."""
    try:
        return tuple(map(count_windows, image[:-1], kernel, strides, dilation, pads))
    except ShapeError as error:
        if not has_channels_first(image):
            raise
        hint = f"channels come last; if {format_shape(image)} has them first, {TO_CHANNELS_LAST}"
        raise ShapeError(error.message, hint) from None


def has_channels_first(x: Shape) -> bool:
    """Whether a row looks like an image of 1 to 4 channels whose first axis they are."""
    return len(x) == 3 and x[0] <= _MOST_CHANNELS < min(x[1:])


def channels_moved_last(x: Shape) -> Shape:
    """(channels, height, width) -> (height, width, channels)."""
    return (*x[1:], x[0])


def shape_hint(given: Shape, wanted: Shape) -> str:
    """What to do about rows that are images of a wanted shape, but for channels in front."""
    if len(given) != 3 or channels_moved_last(given) != wanted:
        return ""
    own = f"input_shape: {list(map(int, given))}"
    return f"they have the channels first: with {own}, begin with the layer `- permute: [2, 3, 1]`"


SPATIAL_AXES = {
    1: "(steps, channels)",
    2: "(height, width, channels)",
    3: "(depth, height, width, channels)",
}


def spatial_shape(x: Shape, rank: int, kind: str) -> tuple[Shape, int]:
    """The sizes of the spatial axes of `x`, and its channels; a ShapeError where it has others."""
    if len(x) == rank + 1:
        return x[:-1], x[-1]
    axes = SPATIAL_AXES[rank]
    hint = f"reshape it to {axes} first"
    if len(x) == rank:
        hint = f"it lacks the channel axis; reshape it to {format_shape((*x, 1))} first"
    raise ShapeError(f"{kind} needs {axes} and gets {format_shape(x)}", hint)


def image_shape(x: Shape, kind: str) -> tuple[int, int, int]:
    """The height, width and channels of `x`; a ShapeError where it is no image."""
    (height, width), channels = spatial_shape(x, 2, kind)
    return height, width, channels


def row_axis(axis: int, x: Shape, kind: str) -> int:
    """The index in `x` of an axis counted from 1, or from the end; a ShapeError without it."""
    if 1 <= axis <= len(x):
        return axis - 1
    if -len(x) <= axis <= -1:
        return len(x) + axis
    raise ShapeError(f"{kind} along axis {axis}, but its input is {format_shape(x)}")
