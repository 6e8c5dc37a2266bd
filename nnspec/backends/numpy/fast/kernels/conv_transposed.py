"""Transposed convolution: a matrix product and col2im, by blocks of rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.blocks import BlockedTensor, as_matrix, bias_tasks, sum_rows
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.kernels.columns import Columns
from nnspec.backends.numpy.fast.kernels.padding import PaddedImage
from nnspec.backends.numpy.fast.kernels.weighted_blocks import kernel_of_blocks
from nnspec.backends.numpy.fast.plan import Kernel
from nnspec.backends.numpy.fast.threads import Task
from nnspec.backends.numpy.windows import Windows, transposed_windows


def conv_transposed(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = col2im(x W') + b, with x as a matrix (places rows, in) and W (kh kw filters, in).

    dW = columns' x of columns = im2col(dy), dx = columns W, db = sum dy.
    """
    return kernel_of_blocks(context, x, partial(_Block, context, transposed_windows(context.node)))


class _Block:
    """One block. Its windows are those of the convolution from y to x.

    What is the image of that convolution is dy here, and the gradient of its image is y.
    """

    def __init__(
        self, context: BlockContext, windows: Windows, x: Array, dx: Array, y: Array, dy: Array
    ) -> None:
        self.context, self.y, self.dy = context, y, dy
        self.x, self.dx = as_matrix(x), as_matrix(dx)
        self.columns = Columns(context, windows, PaddedImage(windows, context, dy, y))

    def forward(self) -> Iterator[Task]:
        """y = col2im(x W') + b."""
        product = self.context.empty((len(self.x), self.columns.inputs))
        yield partial(np.matmul, self.x, self._kernel().T, out=product)
        yield from self.columns.col2im(product)
        if self.context.has_weight("bias"):
            yield from bias_tasks(self.context.weight("bias"), self.y)

    def backward(self, gradients: Mapping[str, Array]) -> Iterator[Task]:
        """dW = im2col(dy)' x, db = sum dy, dx = im2col(dy) W."""
        kernel = gradients["kernel"].reshape(self._kernel().shape)
        if "bias" in gradients:
            yield partial(sum_rows, as_matrix(self.dy), gradients["bias"])
        yield from self.columns.im2col()
        yield partial(np.matmul, self.columns.matrix.T, self.x, out=kernel)
        if self.context.input_gradient:
            yield partial(np.matmul, self.columns.matrix, self._kernel(), out=self.dx)

    def _kernel(self) -> Array:
        """W as a matrix (kh kw filters, in)."""
        return self.context.weight("kernel").reshape(self.columns.inputs, -1)
