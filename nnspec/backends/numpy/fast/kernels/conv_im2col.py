"""Convolution by im2col and a matrix product, by blocks of rows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.blocks import BlockedTensor
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.kernels.columns import Columns
from nnspec.backends.numpy.fast.kernels.padding import PaddedImage
from nnspec.backends.numpy.fast.plan import GradientTask, Kernel, combine_tasks
from nnspec.backends.numpy.fast.threads import Task
from nnspec.backends.numpy.windows import Windows, conv_windows


def conv_im2col(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = columns [W; b], columns (windows, kh kw channels + 1) with a last column of 1 for b.

    d[W; b] = columns' dy; dcolumns = dy W', dx = col2im(dcolumns).
    """
    y, windows = context.allocate_output(), conv_windows(context.node)
    arrays = zip(x.values, x.gradients, y.values, strict=True)
    blocks = [_Block(context, windows, index, *of) for index, of in enumerate(arrays)]
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


class _Block:
    """One block: its im2col matrix, and [W; b]."""

    def __init__(
        self, context: BlockContext, windows: Windows, index: int, x: Array, dx: Array, y: Array
    ) -> None:
        self.context, self.index, self.y = context, index, y.reshape(-1, y.shape[-1])
        padded = PaddedImage(windows, context, x, dx)
        self.columns = Columns(context, windows, padded, int(context.has_weight("bias")))
        self.affine = context.empty(_affine_shape(context))

    def forward(self) -> Iterator[Task]:
        """im2col, then y = columns [W; b]."""
        columns, inputs = self.columns, self.columns.inputs
        yield from columns.im2col()
        yield partial(np.copyto, self.affine[:inputs], self._kernel())
        if self.context.has_weight("bias"):
            yield partial(columns.matrix[:, inputs].fill, 1)
            yield partial(np.copyto, self.affine[inputs], self.context.weight("bias"))
        yield partial(np.matmul, columns.matrix, self.affine, out=self.y)

    def backward(self, dy: Array, gradient: Array) -> Iterator[Task]:
        """d[W; b] = columns' dy; dcolumns = dy W', dx = col2im(dcolumns)."""
        dy = dy.reshape(self.y.shape)
        yield partial(np.matmul, self.columns.matrix.T, dy, out=gradient)
        if self.context.input_gradient:
            yield from self._input_gradient(dy)

    def _input_gradient(self, dy: Array) -> list[Task]:
        """dcolumns = dy W', dx = col2im(dcolumns)."""
        with self.context.temporary(self.index):
            dcolumns = self.context.empty((len(dy), self.columns.inputs))
            product = partial(np.matmul, dy, self._kernel().T, out=dcolumns)
            return [product, *self.columns.col2im(dcolumns)]

    def _kernel(self) -> Array:
        """W as a matrix (kh kw channels, filters)."""
        return self.context.weight("kernel").reshape(self.columns.inputs, -1)
