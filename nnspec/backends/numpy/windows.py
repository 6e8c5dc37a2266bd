"""Geometry of sliding windows over images, and zero padding."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple, cast

import numpy as np
from numpy.lib.stride_tricks import as_strided

from nnspec.backends.arrays import Array
from nnspec.components.layers.convolution import WindowLayer
from nnspec.components.layers.pooling import Pooling
from nnspec.components.layers.transposed_convolution import TransposedConvolution
from nnspec.graph.ir import Node
from nnspec.options.shapes import Pads
from nnspec.options.types import Shape

Slices = tuple[slice, ...]  # of rows, and of each spatial axis


class Windows(NamedTuple):
    """Geometry of a window that slides over the spatial axes of an image."""

    size: Shape
    strides: Shape
    dilation: Shape
    pads: Pads
    input: Shape  # size of the image
    output: Shape  # number of windows

    def offsets(self) -> Iterator[tuple[Shape, Slices]]:
        """Each offset in a window, in row-major order, and the slices that windows read there.

        The slices are of padded images (rows, *sizes).
        """
        for offset in product(*map(range, self.size)):
            axes = zip(offset, self.dilation, self.strides, self.output, strict=True)
            spans = [slice(i * d, i * d + (n - 1) * s + 1, s) for i, d, s, n in axes]
            yield offset, (slice(None), *spans)

    def slices(self) -> list[Slices]:
        """For each offset in a window, the slices of the padded sizes read there."""
        return [slices[1:] for _, slices in self.offsets()]

    def window_view(self, padded: Array, *, writeable: bool = False) -> Array:
        """View of images (height, width, rows, channels) by windows.

        Its shape is (windows down, windows across, rows, window height, window width, channels).
        Channels may be several axes.
        """
        down, across, rows, *channels = padded.strides
        shape = (*self.output, padded.shape[2], *self.size, *padded.shape[3:])
        outer_strides = down * self.strides[0], across * self.strides[1], rows
        inner_strides = down * self.dilation[0], across * self.dilation[1], *channels
        return as_strided(padded, shape, (*outer_strides, *inner_strides), writeable=writeable)

    @property
    def overlapping(self) -> bool:
        """Whether windows overlap."""
        return any(
            (k - 1) * d + 1 > s
            for k, d, s in zip(self.size, self.dilation, self.strides, strict=True)
        )

    @property
    def exact_cover(self) -> bool:
        """Whether the windows partition the padded image: each value lies in exactly one."""
        covered_size = tuple(k * n for k, n in zip(self.size, self.output, strict=True))
        return (
            self.size == self.strides
            and self.dilation == (1, 1)
            and covered_size == self.padded_size
        )

    @property
    def padded_size(self) -> Shape:
        """Size of the image with its padding."""
        return tuple(n + sum(pad) for n, pad in zip(self.input, self.pads, strict=True))

    @property
    def interior(self) -> Slices:
        """Slices of the padded image that hold the image itself."""
        spans = [slice(pad[0], pad[0] + n) for n, pad in zip(self.input, self.pads, strict=True)]
        return (slice(None), *spans)

    def pad(self, x: Array, value: float = 0.0) -> Array:
        """Images (rows, *sizes, channels) with their padding, which holds a constant."""
        if self.padded_size == self.input:
            return x
        padded = np.full((len(x), *self.padded_size, x.shape[-1]), value, x.dtype)
        padded[self.interior] = x
        return padded


def conv_windows(node: Node) -> Windows:
    """The windows of a convolution node."""
    layer = cast("WindowLayer", node.layer)
    geometry = layer.kernel_size, layer.strides, layer.dilation_rate, layer.pads
    return Windows(*geometry, node.input_shapes[0][:-1], node.shape[:-1])


def transposed_windows(node: Node) -> Windows:
    """The windows of the convolution whose input gradient a transposed convolution node is."""
    layer = cast("TransposedConvolution", node.layer)
    geometry = layer.kernel_size, layer.strides, layer.dilation_rate, layer.pads
    return Windows(*geometry, node.shape[:-1], node.input_shapes[0][:-1])


def pool_windows(node: Node) -> Windows:
    """The windows of a pooling node."""
    layer = cast("Pooling", node.layer)
    geometry = layer.pool_size, layer.steps, layer.dilation_rate, layer.pads
    return Windows(*geometry, node.input_shapes[0][:-1], node.shape[:-1])
