"""Dense layers: products by blocks of rows, weight gradients by slices of the inputs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.blocks import BlockedTensor, as_matrix, batch_view, sum_rows
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.plan import BatchStep, GradientTask, Kernel, PlanStep
from nnspec.backends.numpy.fast.scratch import scratch

TASK_SIZE = 1 << 18  # weights per task, at most
MAX_SERIAL_PRODUCTS = 1 << 20  # multiplications up to which sharing among threads does not pay


def dense(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = x W + b; dW = x' dy, db = sum dy, dx = dy W', with x (..., in), W (in, units).

    The axes before the last, in either layout, count as rows.
    """
    y, kernel = context.allocate_output(), context.weight("kernel")
    bias = context.weight("bias") if context.has_weight("bias") else None
    forward = [
        partial(affine, as_matrix(source), as_matrix(target), kernel, bias)
        for source, target in zip(x.values, y.values, strict=True)
    ]
    if not context.training:
        return Kernel(y, [forward])
    pairs = list(zip(x.matrices(x.values), y.matrices(y.gradients), strict=True))
    tasks = gradient_tasks(context, pairs, TASK_SIZE)
    backward = [_backward_step(context, x, y)] if context.input_gradient else []
    return Kernel(y, [forward], backward, weight_gradients=tasks)


def _backward_step(context: BlockContext, x: BlockedTensor, y: BlockedTensor) -> PlanStep:
    kernel = context.weight("kernel")
    whole_batch = kernel.size * context.blocks.rows <= MAX_SERIAL_PRODUCTS and len(x.shape) == 1
    gradients = [y.gradients, x.gradients]
    if whole_batch:
        dy, dx = map(batch_view, gradients)
        return BatchStep([partial(np.matmul, dy, kernel.T, out=dx)])
    return [
        partial(np.matmul, as_matrix(dy), kernel.T, out=as_matrix(dx))
        for dy, dx in zip(*gradients, strict=True)
    ]


def affine(x: Array, y: Array, kernel: Array, bias: Array | None) -> None:
    """y = x W + b, x (rows, in), W (in, units), y (rows, units)."""
    np.matmul(x, kernel, out=y)
    if bias is not None:
        np.add(y, bias, out=y)


def gradient_tasks(
    context: BlockContext, pairs: Sequence[tuple[Array, Array]], task_size: int
) -> list[GradientTask]:
    """Tasks for slices dW[i:j] = sum of x[:, i:j]' dy over pairs (x, dy), and for db.

    A pair is x (rows, in) and dy (rows, units): of the whole batch, or one for each block.
    """
    weights, gradient = context.weight("kernel"), context.gradient("kernel")
    tasks = []
    for rows, span in split_rows(context, task_size):
        factors = [(x[:, rows].T, dy) for x, dy in pairs]
        write = partial(_sum_products, factors, gradient[rows])
        if len(pairs) == 1:
            write = partial(np.matmul, *factors[0], out=gradient[rows])
        subtract = partial(_subtract_gradient, factors, weights[rows])
        tasks.append(GradientTask(write, [span], subtract))
    return [*tasks, *bias_gradient_tasks(context, [dy for _, dy in pairs])]


def _sum_products(factors: Sequence[tuple[Array, Array]], out: Array) -> None:
    """out = sum of the products of matrices, in their order."""
    np.matmul(*factors[0], out=out)
    for x, dy in factors[1:]:
        np.add(out, np.matmul(x, dy, out=scratch(out.shape, out.dtype)), out=out)


def _subtract_gradient(factors: Sequence[tuple[Array, Array]], weights: Array) -> None:
    """W -= x dy for a slice W (inputs, units), x (inputs, rows); the gradient stays in cache."""
    for x, dy in factors:
        gradient = scratch(weights.shape, weights.dtype)
        np.matmul(x, dy, out=gradient)
        np.subtract(weights, gradient, out=weights)


def bias_gradient_tasks(context: BlockContext, gradients: Sequence[Array]) -> list[GradientTask]:
    """Task for db = sum of each dy (rows, units) over its rows, if there is a bias."""
    if not context.has_weight("bias"):
        return []
    bias, span = context.gradient("bias"), context.gradient_span("bias")
    if len(gradients) == 1:
        return [GradientTask(partial(sum_rows, gradients[0], bias), [span])]
    ones = [(np.ones((1, len(dy)), dy.dtype), dy) for dy in gradients]
    return [GradientTask(partial(_sum_products, ones, bias.reshape(1, -1)), [span])]


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
