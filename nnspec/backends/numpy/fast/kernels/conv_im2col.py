"""Convolution by im2col and a matrix product, by blocks of rows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.blocks import BlockedTensor
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.kernels.padding import PaddedImage
from nnspec.backends.numpy.fast.plan import GradientTask, Kernel, combine_tasks
from nnspec.backends.numpy.fast.threads import Task
from nnspec.backends.numpy.windows import Windows, conv_windows

FEW_CHANNELS = 8  # with fewer channels, the im2col matrix is stored in column-major order


def conv_im2col(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = columns [W; b], columns (windows, kh kw channels + 1) with a last column of 1 for b.

    d[W; b] = columns' dy; dcolumns = dy W', dx = col2im(dcolumns).
    """
    y, windows = context.allocate_output(), conv_windows(context.node)
    padded_images = [
        PaddedImage(windows, context, *pair) for pair in zip(x.values, x.gradients, strict=True)
    ]
    blocks = [
        _Columns(context, windows, *pair) for pair in zip(padded_images, y.values, strict=True)
    ]
    forward = [combine_tasks(block.forward()) for block in blocks]
    if not context.training:
        return Kernel(y, [forward])
    block_gradients = np.empty((len(blocks), *_affine_shape(context)), context.dtype)
    triples = zip(blocks, y.gradients, block_gradients, strict=True)
    backward = [combine_tasks(block.backward(dy, gradient)) for block, dy, gradient in triples]
    gradient_task = GradientTask(
        partial(_sum_over_blocks, context, block_gradients), context.gradient_spans()
    )
    return Kernel(y, [forward], [backward], weight_gradients=[gradient_task])


def _affine_shape(context: BlockContext) -> tuple[int, int]:
    """Shape of [W; b]: (kh kw channels + 1, filters), without the 1 if there is no bias."""
    *axes, filters = context.node.weights["kernel"].shape
    return int(np.prod(axes)) + context.has_weight("bias"), filters


def _sum_over_blocks(context: BlockContext, gradients: Array) -> None:
    """Sum the blocks' gradients of [W; b], in the blocks' order."""
    kernel = context.gradient("kernel")
    inputs = kernel.size // kernel.shape[-1]
    total = np.add.reduce(gradients, axis=0)
    kernel[...] = total[:inputs].reshape(kernel.shape)
    if context.has_weight("bias"):
        context.gradient("bias")[...] = total[inputs]


class _Columns:
    """The im2col matrix of one block; `values` is its view by windows, taps and channels."""

    def __init__(
        self, context: BlockContext, windows: Windows, padded: PaddedImage, y: Array
    ) -> None:
        self.context, self.padded, self.windows = context, padded, windows
        self.tap_slices = windows.slices()
        rows, filters = _affine_shape(context)
        self.inputs = rows - context.has_weight("bias")
        self.y = y.reshape(-1, filters)
        shape = (*y.shape[:3], len(self.tap_slices), self.inputs // len(self.tap_slices))
        self.matrix, self.values = _empty_columns(context, shape, self.inputs, rows)
        self.affine = context.empty((rows, filters))

    def forward(self) -> Iterator[Task]:
        """im2col, then y = columns [W; b]."""
        windows = self.windows.window_view(self.padded.image)
        yield from self.padded.pad_tasks()
        yield partial(np.copyto, self.values.reshape(windows.shape), windows)
        yield partial(np.copyto, self.affine[: self.inputs], self._kernel())
        if self.context.has_weight("bias"):
            yield partial(self.matrix[:, self.inputs].fill, 1)
            yield partial(np.copyto, self.affine[self.inputs], self.context.weight("bias"))
        yield partial(np.matmul, self.matrix, self.affine, out=self.y)

    def backward(self, dy: Array, gradient: Array) -> Iterator[Task]:
        """d[W; b] = columns' dy; dcolumns = dy W', dx = col2im(dcolumns)."""
        dy = dy.reshape(-1, dy.shape[-1])
        yield partial(np.matmul, self.matrix.T, dy, out=gradient)
        if self.context.input_gradient:
            dcolumns = self.context.empty((len(dy), self.inputs))
            yield partial(np.matmul, dy, self._kernel().T, out=dcolumns)
            yield from self._col2im(dcolumns.reshape(self.values.shape))

    def _col2im(self, values: Array) -> Iterator[Task]:
        yield from self.padded.zero_gradient_tasks()
        for tap, slices in enumerate(self.tap_slices):
            yield self.padded.add_gradient_task(slices, values[..., tap, :])
        yield from self.padded.unpad_gradient_tasks()

    def _kernel(self) -> Array:
        """W as a matrix (kh kw channels, filters)."""
        return self.context.weight("kernel").reshape(self.inputs, -1)


def _empty_columns(
    context: BlockContext, shape: tuple[int, ...], inputs: int, rows: int
) -> tuple[Array, Array]:
    """The im2col matrix, and a view of it as (out height, out width, rows, taps, channels).

    It is column-major for few channels, else row-major: copies have long runs either way.
    """
    height, width, images, taps, channels = shape
    if channels < FEW_CHANNELS:
        memory = context.empty((rows, height, width, images))
        values = memory[:inputs].reshape(taps, channels, height, width, images)
        return memory.reshape(rows, -1).T, values.transpose(2, 3, 4, 0, 1)
    memory = context.empty((height, width, images, rows))
    return memory.reshape(-1, rows), memory[..., :inputs].reshape(shape)
