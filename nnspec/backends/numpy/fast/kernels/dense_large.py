"""Dense layers whose weights exceed the cache: products by slices of W, for all rows at once.

By blocks of rows, every thread would read all of W for only a few rows.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.blocks import BlockedTensor
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.kernels.dense import affine, gradient_tasks, split_axis
from nnspec.backends.numpy.fast.plan import BatchStep, Kernel

LARGE_KERNEL = 1 << 20  # weights, from which on W exceeds the cache of one processor
TASK_SIZE = 1 << 19  # weights per task, at most: BLAS is faster on large products


def dense_large(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = x W + b; dW = x' dy, db = sum dy, dx = dy W', with x (rows, ..., in), W (in, units)."""
    y, kernel = context.allocate_output(), context.weight("kernel")
    bias = context.weight("bias") if context.has_weight("bias") else None
    (x_values,), (y_values,) = x.matrices(x.values), y.matrices(y.values)
    spans = split_axis(kernel.shape[1], kernel.size, TASK_SIZE)
    forward = [
        partial(affine, x_values, y_values[:, span], kernel[:, span], _part(bias, span))
        for span in spans
    ]
    if not context.training:
        return Kernel(y, [BatchStep(forward)])
    (dx,), (dy,) = x.matrices(x.gradients), y.matrices(y.gradients)
    backward = [
        partial(np.matmul, dy, kernel[span].T, out=dx[:, span])
        for span in split_axis(kernel.shape[0], kernel.size, TASK_SIZE)
    ]
    return Kernel(
        y,
        [BatchStep(forward)],
        [BatchStep(backward)] if context.input_gradient else [],
        weight_gradients=gradient_tasks(context, [(x_values, dy)], TASK_SIZE),
    )


def _part(bias: Array | None, span: slice) -> Array | None:
    return None if bias is None else bias[span]
