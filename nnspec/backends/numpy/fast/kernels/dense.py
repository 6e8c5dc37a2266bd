"""Dense layers: products by blocks of rows, the weights' gradient by pieces of the inputs."""

from __future__ import annotations

from functools import partial

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy.fast.blocks import BlockContext, BlockedTensor, joined, sum_rows
from nnspec.backends.numpy.fast.plan import Gradients, Kernel, PlanStep, WholeBatch
from nnspec.backends.numpy.fast.scratch import scratch

PIECE = 1 << 18  # numbers of a kernel that one task works on, at most
LITTLE = 1 << 20  # products that take less time than to share them out


def dense(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = x W + b; dW = x' dy, db = sum dy, dx = dy W'."""
    y, kernel = context.output(), context.weight("kernel")
    bias = context.weight("bias") if context.has("bias") else None
    forward = [
        partial(affine, *pair, kernel, bias) for pair in zip(x.values, y.values, strict=True)
    ]
    if not context.training:
        return Kernel(y, [forward])
    after = gradients(context, joined(x.values), joined(y.gradients), PIECE)
    backward = [_backward(context, x, y)] if context.input_gradient else []
    return Kernel(y, [forward], backward, after=after)


def _backward(context: BlockContext, x: BlockedTensor, y: BlockedTensor) -> PlanStep:
    kernel = context.weight("kernel")
    if kernel.size * context.blocks.rows <= LITTLE:
        return WholeBatch(
            [partial(np.matmul, joined(y.gradients), kernel.T, out=joined(x.gradients))]
        )
    pairs = zip(y.gradients, x.gradients, strict=True)
    return [partial(np.matmul, dy, kernel.T, out=dx) for dy, dx in pairs]


def affine(x: Array, y: Array, kernel: Array, bias: Array | None) -> None:
    """y = x W + b."""
    np.matmul(x, kernel, out=y)
    if bias is not None:
        np.add(y, bias, out=y)


def gradients(context: BlockContext, x: Array, dy: Array, most: int) -> list[Gradients]:
    """Tasks over all rows: some rows of dW each, and db."""
    weights, gradient = context.weight("kernel"), context.gradient("kernel")
    kernel = [
        Gradients(
            partial(np.matmul, x[:, rows].T, dy, out=gradient[rows]),
            [part],
            partial(_descend, x[:, rows].T, dy, weights[rows]),
        )
        for rows, part in row_pieces(context, most)
    ]
    return [*kernel, *bias_gradient(context, dy)]


def _descend(x: Array, dy: Array, weights: Array) -> None:
    """Some rows of dW, taken off W at once: they never leave the cache."""
    gradient = scratch(weights.shape, weights.dtype)
    np.matmul(x, dy, out=gradient)
    np.subtract(weights, gradient, out=weights)


def bias_gradient(context: BlockContext, dy: Array) -> list[Gradients]:
    """db over all rows, where there is a bias."""
    if not context.has("bias"):
        return []
    return [Gradients(partial(sum_rows, dy, context.gradient("bias")), [context.part("bias")])]


def row_pieces(context: BlockContext, most: int) -> list[tuple[slice, slice]]:
    """Rows of dW, cut equally so that threads end together, and where each piece lies in memory."""
    start = context.part("kernel").start
    inputs, units = context.gradient("kernel").shape
    return [
        (rows, slice(start + rows.start * units, start + rows.stop * units))
        for rows in pieces(inputs, inputs * units, most)
    ]


def pieces(length: int, size: int, most: int) -> list[slice]:
    """An axis of a matrix of `size` numbers, cut equally: at `most` so many a piece, or a line."""
    step = -(-length // -(-size // most))
    return [slice(start, min(start + step, length)) for start in range(0, length, step)]
