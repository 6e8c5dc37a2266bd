"""Sliding windows over images: padding, and the slice that each offset of a window reads."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple, cast

from numpy.lib.stride_tricks import as_strided

from nnspec.backends.contract import Array
from nnspec.backends.numpy.reference.context import RuleContext
from nnspec.components.layers.convolution import Conv2D
from nnspec.components.layers.pooling import Pooling2D
from nnspec.graph.ir import Node
from nnspec.options.shapes import Pads
from nnspec.options.types import Shape

Slices = tuple[slice, slice, slice]


class Windows(NamedTuple):
    """The geometry of a window moved over an image; all sizes are (height, width)."""

    size: Shape
    strides: Shape
    dilation: Shape
    pads: Pads
    input: Shape  # of the image
    output: Shape  # how many windows

    def offsets(self) -> Iterator[tuple[tuple[int, int], Slices]]:
        """Each place in the window, row by row, and the padded image's values seen from there."""
        for place in product(*map(range, self.size)):
            axes = zip(place, self.dilation, self.strides, self.output, strict=True)
            spans = [slice(i * d, i * d + (n - 1) * s + 1, s) for i, d, s, n in axes]
            yield (place[0], place[1]), (slice(None), spans[0], spans[1])

    def places(self) -> list[tuple[slice, slice]]:
        """For each place in the window, what is seen of the padded (height, width)."""
        return [seen[1:] for _, seen in self.offsets()]

    def unrolled(self, padded: Array, *, writeable: bool = False) -> Array:
        """What each window sees of images (height, width, rows, channels); a view.

        (windows down, windows across, rows, height of a window, width of a window, channels).
        """
        down, across, *others = padded.strides
        shape = (*self.output, padded.shape[2], *self.size, padded.shape[3])
        steps = down * self.strides[0], across * self.strides[1], others[0]
        inner = down * self.dilation[0], across * self.dilation[1], others[1]
        return as_strided(padded, shape, (*steps, *inner), writeable=writeable)

    @property
    def overlap(self) -> bool:
        """Whether a value may lie in two windows."""
        return any(
            (k - 1) * d + 1 > s
            for k, d, s in zip(self.size, self.dilation, self.strides, strict=True)
        )

    @property
    def tile(self) -> bool:
        """Whether every value of the padded image lies in exactly one window."""
        covered = tuple(k * n for k, n in zip(self.size, self.output, strict=True))
        return self.size == self.strides and self.dilation == (1, 1) and covered == self.padded

    @property
    def padded(self) -> Shape:
        """The size of the image with its padding."""
        return tuple(n + sum(pad) for n, pad in zip(self.input, self.pads, strict=True))

    @property
    def inside(self) -> Slices:
        """Where the image lies within its padding."""
        spans = [slice(pad[0], pad[0] + n) for n, pad in zip(self.input, self.pads, strict=True)]
        return (slice(None), spans[0], spans[1])


def conv_windows(node: Node) -> Windows:
    """The windows of a convolution."""
    layer = cast("Conv2D", node.layer)
    geometry = layer.kernel_size, layer.strides, layer.dilation_rate, layer.pads
    return Windows(*geometry, node.input_shapes[0][:2], node.shape[:2])


def pool_windows(node: Node) -> Windows:
    """The windows of a pooling."""
    layer = cast("Pooling2D", node.layer)
    geometry = layer.pool_size, layer.strides or layer.pool_size, (1, 1), layer.pads
    return Windows(*geometry, node.input_shapes[0][:2], node.shape[:2])


class Padding:
    """Puts images into a frame of a constant; without padding, it is the image itself."""

    def __init__(
        self, windows: Windows, channels: int, context: RuleContext, value: float = 0.0
    ) -> None:
        self.needed = windows.padded != windows.input
        self.inside = windows.inside
        if self.needed:
            self.buffer = context.zeros((*windows.padded, channels))
            self.buffer.fill(value)

    def around(self, x: Array) -> Array:
        """The padded image; the frame was written once and stays."""
        if not self.needed:
            return x
        self.buffer[self.inside] = x
        return self.buffer
