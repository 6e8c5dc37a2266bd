"""Convolution with 1 x 1 kernels and strides of 1: one matrix product for each block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.blocks import BlockedTensor, as_matrix, bias_tasks, sum_rows
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.kernels.weighted_blocks import kernel_of_blocks
from nnspec.backends.numpy.fast.plan import Kernel
from nnspec.backends.numpy.fast.threads import Task


def conv_pointwise(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = x W + b, with x (places rows, in); dW = x' dy, db = sum dy, dx = dy W'."""
    return kernel_of_blocks(context, x, partial(_Block, context))


class _Block:
    """One block, as matrices of the numbers of each place and row."""

    def __init__(self, context: BlockContext, x: Array, dx: Array, y: Array, dy: Array) -> None:
        self.context, self.bias_output = context, y
        self.x, self.y, self.dy = map(as_matrix, (x, y, dy))
        self.dx = as_matrix(dx) if context.input_gradient else None
        self.weight = context.weight("kernel").reshape(x.shape[-1], -1)

    def forward(self) -> Iterator[Task]:
        """y = x W + b."""
        yield partial(np.matmul, self.x, self.weight, out=self.y)
        if self.context.has_weight("bias"):
            yield from bias_tasks(self.context.weight("bias"), self.bias_output)

    def backward(self, gradients: Mapping[str, Array]) -> Iterator[Task]:
        """dW = x' dy, db = sum dy, dx = dy W'."""
        yield partial(
            np.matmul, self.x.T, self.dy, out=gradients["kernel"].reshape(self.weight.shape)
        )
        if "bias" in gradients:
            yield partial(sum_rows, self.dy, gradients["bias"])
        if self.dx is not None:
            yield partial(np.matmul, self.dy, self.weight.T, out=self.dx)
