"""Fused convolution of few channels and max pooling, strip by strip.

Each pooling window reads a patch of the image. All patches are gathered once in a matrix (patch
values, windows). The convolution at one offset of the pooling window is a product of consecutive
rows of that matrix with a wide kernel: one as wide as the patch, padded with zeros.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple, cast

import numpy as np
from numpy.lib.stride_tricks import as_strided

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.blocks import BlockedTensor, bias_tasks, sum_rows
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.kernels.padding import PaddedImage
from nnspec.backends.numpy.fast.kernels.window_max import WindowMax
from nnspec.backends.numpy.fast.plan import GradientTask, Kernel, combine_tasks
from nnspec.backends.numpy.fast.rewrites.fuse_conv_pool import ConvMaxPool2D
from nnspec.backends.numpy.fast.threads import Task
from nnspec.backends.numpy.windows import Windows
from nnspec.options.shapes import Pads
from nnspec.options.types import Shape

STRIP_SIZE = 1 << 18  # numbers, about, of the convolution outputs of a strip: they stay in cache


def conv_max_pool(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = max over the pooling window of (W * x) + b; dy flows to the first maximum."""
    y, geometry = context.allocate_output(), ConvPoolGeometry.from_context(context)
    arrays = zip(x.values, y.values, y.gradients, strict=True)
    blocks = [
        _Block(
            context, geometry, PaddedImage(geometry.patches, context, values, values), y_values, dy
        )
        for values, y_values, dy in arrays
    ]
    forward = [combine_tasks(block.forward()) for block in blocks]
    if not context.training:
        return Kernel(y, [forward])
    block_gradients = _BlockGradients(context, geometry)
    pairs = zip(
        blocks, block_gradients.kernel_gradients, block_gradients.bias_gradients, strict=True
    )
    backward = [combine_tasks(block.backward(*gradients)) for block, *gradients in pairs]
    return Kernel(
        y,
        [forward],
        [backward],
        weight_gradients=[GradientTask(block_gradients.sum_over_blocks, context.gradient_spans())],
    )


class ConvPoolGeometry(NamedTuple):
    """Geometry of a convolution and the pooling of its output."""

    patches: Windows  # of the image, one per pooling window
    pool_size: Shape
    strides: Shape  # of the convolution
    dilation: Shape
    kernel: Shape  # (height, width, channels, filters)

    @classmethod
    def from_context(cls, context: BlockContext) -> ConvPoolGeometry:
        """The geometry of a fused node."""
        layer = cast("ConvMaxPool2D", context.node.layer)
        axes = zip(
            layer.pool_size, layer.strides, layer.kernel_size, layer.dilation_rate, strict=True
        )
        size = tuple((p - 1) * s + (k - 1) * d + 1 for p, s, k, d in axes)
        steps = tuple(p * s for p, s in zip(layer.pool_strides, layer.strides, strict=True))
        shapes = context.node.input_shapes[0][:2], context.shape[:2]
        patches = Windows(size, steps, (1, 1), cast("Pads", layer.padding), *shapes)
        kernel = context.node.weights["kernel"].shape
        return cls(patches, layer.pool_size, layer.strides, layer.dilation_rate, kernel)

    @property
    def wide_kernel_shape(self) -> Shape:
        """Shape of a wide kernel: dilated height, patch width, channels, filters.

        Its zeros multiply values outside the kernel's window, which must be finite.
        """
        height = (self.kernel[0] - 1) * self.dilation[0] + 1
        return (height, self.patches.size[1], *self.kernel[2:])

    @property
    def row_stride(self) -> int:
        """Number of patch values between vertically adjacent offsets of the pooling window."""
        return self.strides[0] * self.patches.size[1] * self.kernel[2]

    def taps(self, wide_kernel: Array, offset: int) -> Array:
        """View of the kernel's taps in a wide kernel, for a column of the pooling window."""
        down, across = self.dilation
        start = offset * self.strides[1]
        return wide_kernel[::down, start : start + (self.kernel[1] - 1) * across + 1 : across]


class _BlockGradients:
    """Gradients of the blocks' wide kernels and bias, and their sum."""

    def __init__(self, context: BlockContext, geometry: ConvPoolGeometry) -> None:
        self.context, self.geometry = context, geometry
        blocks, filters = len(context.blocks.spans), geometry.kernel[3]
        self.kernel_gradients = np.empty(
            (blocks, geometry.pool_size[1], *geometry.wide_kernel_shape), context.dtype
        )
        self.bias_gradients = np.empty((blocks, filters), context.dtype)

    def sum_over_blocks(self) -> None:
        """Sum over the blocks, in their order."""
        total = np.add.reduce(self.kernel_gradients, axis=0)
        by_offset = [self.geometry.taps(values, offset) for offset, values in enumerate(total)]
        np.add.reduce(by_offset, axis=0, out=self.context.gradient("kernel"))
        if self.context.has_weight("bias"):
            np.add.reduce(self.bias_gradients, axis=0, out=self.context.gradient("bias"))


class _Block:
    """One block: its patches, wide kernels, masks of the maximum, and strips."""

    def __init__(
        self,
        context: BlockContext,
        geometry: ConvPoolGeometry,
        padded: PaddedImage,
        y: Array,
        dy: Array,
    ) -> None:
        self.context, self.geometry, self.padded, self.output = context, geometry, padded, y
        *windows, filters = y.shape
        self.patch_values = context.empty((*geometry.patches.size, geometry.kernel[2], *windows))
        self.y, self.dy = y.reshape(-1, filters), dy.reshape(-1, filters)
        self.wide_kernels = np.zeros((geometry.pool_size[1], *geometry.wide_kernel_shape), y.dtype)
        self.window_max = WindowMax(geometry.pool_size, self.y.shape, context)
        row_size = windows[1] * windows[2]
        fitting_rows = STRIP_SIZE // (
            geometry.pool_size[0] * geometry.pool_size[1] * filters * row_size
        )
        size = row_size * min(windows[0], max(1, fitting_rows))
        buffer = context.empty((*geometry.pool_size, size, filters))
        spans = [
            slice(start, min(start + size, len(self.y))) for start in range(0, len(self.y), size)
        ]
        self.strips = [_Strip(self, span, buffer) for span in spans]

    def forward(self) -> Iterator[Task]:
        """Gather the patches, then convolve and pool strip by strip."""
        patches = self.geometry.patches.window_view(self.padded.image).transpose(3, 4, 5, 0, 1, 2)
        yield from self.padded.pad_tasks()
        yield partial(np.copyto, self.patch_values, patches)
        for offset, values in enumerate(self.wide_kernels):
            taps, kernel = self.geometry.taps(values, offset), self.context.weight("kernel")
            yield partial(np.copyto, taps, kernel)
        for strip in self.strips:
            yield from strip.forward(
                self.wide_kernels.reshape(len(self.wide_kernels), -1, self.y.shape[1])
            )
        if self.context.has_weight("bias"):
            yield from bias_tasks(self.context.weight("bias"), self.output)
        yield from self.window_max.first_max_tasks()

    def backward(self, kernels: Array, bias: Array) -> Iterator[Task]:
        """Write the gradients of the wide kernels and of the bias."""
        shape = len(self.strips), self.geometry.pool_size[0], *kernels.shape
        strip_gradients = np.empty(shape, kernels.dtype)
        for strip, gradient in zip(self.strips, strip_gradients, strict=True):
            yield from strip.backward(gradient)
        yield partial(np.add.reduce, strip_gradients, axis=(0, 1), out=kernels)
        if self.context.has_weight("bias"):
            yield partial(sum_rows, self.dy, bias)


class _Strip:
    """Some windows of a block; `convolved` is (pool height, pool width, windows, filters)."""

    def __init__(self, block: _Block, span: slice, buffer: Array) -> None:
        geometry = block.geometry
        self.span, self.window_max = span, block.window_max
        self.y, self.dy = block.y[span], block.dy[span]
        self.convolved = buffer[:, :, : len(self.y)]
        values = block.patch_values.reshape(-1, len(block.y))[:, span]
        taps, (down, along) = int(np.prod(geometry.wide_kernel_shape[:3])), values.strides
        shape = geometry.pool_size[0], 1, len(self.y), taps
        self.patches_view = as_strided(
            values, shape, (geometry.row_stride * down, 0, along, down), writeable=False
        )

    def forward(self, kernels: Array) -> Iterator[Task]:
        """Convolve at all offsets of the pooling windows, then take the maximum."""
        yield partial(np.matmul, self.patches_view, kernels, out=self.convolved)
        yield from self.window_max.max_tasks(
            self.convolved, self.convolved[:, 0], self.y, self.span
        )

    def backward(self, kernels: Array) -> Iterator[Task]:
        """Gradients of the wide kernels (pool height, pool width, taps, filters)."""
        is_max = self.window_max.is_max[:, :, self.span]
        yield partial(np.multiply, self.dy, is_max, out=self.convolved)
        out = kernels.reshape(*kernels.shape[:2], -1, kernels.shape[-1])
        yield partial(np.matmul, self.patches_view.swapaxes(2, 3), self.convolved, out=out)
