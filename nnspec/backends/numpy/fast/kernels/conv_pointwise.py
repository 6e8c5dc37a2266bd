"""Convolution with 1 x 1 kernels and strides of 1: one matrix product for each block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.blocks import BlockedTensor, as_matrix, bias_tasks, sum_rows
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.kernels.weighted_blocks import BlockGradients
from nnspec.backends.numpy.fast.plan import Kernel, combine_tasks
from nnspec.backends.numpy.fast.threads import Task


def conv_pointwise(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = x W + b, with x (places rows, in); dW = x' dy, db = sum dy, dx = dy W'."""
    y = context.allocate_output()
    weight = context.weight("kernel").reshape(x.shape[-1], -1)
    pairs = zip(x.values, y.values, strict=True)
    forward = [combine_tasks(_forward(context, weight, *of)) for of in pairs]
    if not context.training:
        return Kernel(y, [forward])
    gradients = BlockGradients(context)
    arrays = enumerate(zip(x.values, x.gradients, y.gradients, strict=True))
    backward = [
        combine_tasks(_backward(weight if context.input_gradient else None, gradients[i], *of))
        for i, of in arrays
    ]
    return Kernel(y, [forward], [backward], weight_gradients=[gradients.task()])


def _forward(context: BlockContext, weight: Array, x: Array, y: Array) -> Iterator[Task]:
    yield partial(np.matmul, as_matrix(x), weight, out=as_matrix(y))
    if context.has_weight("bias"):
        yield from bias_tasks(context.weight("bias"), y)


def _backward(
    weight: Array | None, gradients: Mapping[str, Array], x: Array, dx: Array, dy: Array
) -> Iterator[Task]:
    """Tasks of one block; dx is not needed without `weight`."""
    kernel, dy = gradients["kernel"], as_matrix(dy)
    yield partial(np.matmul, as_matrix(x).T, dy, out=kernel.reshape(x.shape[-1], -1))
    if "bias" in gradients:
        yield partial(sum_rows, dy, gradients["bias"])
    if weight is not None:
        yield partial(np.matmul, dy, weight.T, out=as_matrix(dx))
