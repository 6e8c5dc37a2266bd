"""Dense layers: products by blocks of rows, weight gradients by slices of the inputs."""

from __future__ import annotations

from functools import partial

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy.fast.blocks import BlockContext, BlockedTensor, batch_view, sum_rows
from nnspec.backends.numpy.fast.plan import BatchStep, GradientTask, Kernel, PlanStep
from nnspec.backends.numpy.fast.scratch import scratch

TASK_SIZE = 1 << 18  # weights per task, at most
MAX_SERIAL_PRODUCTS = 1 << 20  # multiplications up to which sharing among threads does not pay


def dense(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = x W + b; dW = x' dy, db = sum dy, dx = dy W', with x (rows, in), W (in, units)."""
    y, kernel = context.allocate_output(), context.weight("kernel")
    bias = context.weight("bias") if context.has_weight("bias") else None
    forward = [
        partial(affine, *pair, kernel, bias) for pair in zip(x.values, y.values, strict=True)
    ]
    if not context.training:
        return Kernel(y, [forward])
    tasks = gradient_tasks(context, batch_view(x.values), batch_view(y.gradients), TASK_SIZE)
    backward = [_backward_step(context, x, y)] if context.input_gradient else []
    return Kernel(y, [forward], backward, weight_gradients=tasks)


def _backward_step(context: BlockContext, x: BlockedTensor, y: BlockedTensor) -> PlanStep:
    kernel = context.weight("kernel")
    if kernel.size * context.blocks.rows <= MAX_SERIAL_PRODUCTS:
        return BatchStep(
            [partial(np.matmul, batch_view(y.gradients), kernel.T, out=batch_view(x.gradients))]
        )
    pairs = zip(y.gradients, x.gradients, strict=True)
    return [partial(np.matmul, dy, kernel.T, out=dx) for dy, dx in pairs]


def affine(x: Array, y: Array, kernel: Array, bias: Array | None) -> None:
    """y = x W + b, x (rows, in), W (in, units), y (rows, units)."""
    np.matmul(x, kernel, out=y)
    if bias is not None:
        np.add(y, bias, out=y)


def gradient_tasks(
    context: BlockContext, x: Array, dy: Array, task_size: int
) -> list[GradientTask]:
    """Tasks for slices dW[i:j] = x[:, i:j]' dy and for db; x (rows, in), dy (rows, units)."""
    weights, gradient = context.weight("kernel"), context.gradient("kernel")
    kernel = [
        GradientTask(
            partial(np.matmul, x[:, rows].T, dy, out=gradient[rows]),
            [span],
            partial(_subtract_gradient, x[:, rows].T, dy, weights[rows]),
        )
        for rows, span in split_rows(context, task_size)
    ]
    return [*kernel, *bias_gradient_tasks(context, dy)]


def _subtract_gradient(x: Array, dy: Array, weights: Array) -> None:
    """W -= x dy for a slice W (inputs, units), x (inputs, rows); the gradient stays in cache."""
    gradient = scratch(weights.shape, weights.dtype)
    np.matmul(x, dy, out=gradient)
    np.subtract(weights, gradient, out=weights)


def bias_gradient_tasks(context: BlockContext, dy: Array) -> list[GradientTask]:
    """Task for db = sum dy over all rows, if there is a bias."""
    if not context.has_weight("bias"):
        return []
    return [
        GradientTask(
            partial(sum_rows, dy, context.gradient("bias")), [context.gradient_span("bias")]
        )
    ]


def split_rows(context: BlockContext, task_size: int) -> list[tuple[slice, slice]]:
    """Equal slices of the rows of dW, each with its slice of the flat gradient array."""
    start = context.gradient_span("kernel").start
    inputs, units = context.gradient("kernel").shape
    return [
        (rows, slice(start + rows.start * units, start + rows.stop * units))
        for rows in split_axis(inputs, inputs * units, task_size)
    ]


def split_axis(length: int, size: int, task_size: int) -> list[slice]:
    """Split an axis of a matrix of `size` numbers into equal slices of at most `task_size`."""
    step = -(-length // -(-size // task_size))
    return [slice(start, min(start + step, length)) for start in range(0, length, step)]
