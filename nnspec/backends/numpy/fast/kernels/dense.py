"""Dense layers: products by blocks of rows, the weights' gradient by pieces of the inputs."""

from __future__ import annotations

from functools import partial

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy.fast.blocks import Space, Wire, sum_rows, whole
from nnspec.backends.numpy.fast.plan import Gradients, Kernel, Part, Together
from nnspec.backends.numpy.fast.scratch import scratch

PIECE = 1 << 18  # numbers of a kernel that one task works on, at most
LITTLE = 1 << 20  # products that take less time than to share them out


def dense(space: Space, x: Wire) -> Kernel:
    """y = x W + b; dW = x' dy, db = sum dy, dx = dy W'."""
    y, kernel = space.output(), space.weight("kernel")
    bias = space.weight("bias") if space.has("bias") else None
    forward = [
        partial(affine, *pair, kernel, bias) for pair in zip(x.values, y.values, strict=True)
    ]
    if not space.training:
        return Kernel(y, [forward])
    after = gradients(space, whole(x.values), whole(y.gradients), PIECE)
    backward = [_backward(space, x, y)] if space.input_gradient else []
    return Kernel(y, [forward], backward, after=after)


def _backward(space: Space, x: Wire, y: Wire) -> Part:
    kernel = space.weight("kernel")
    if kernel.size * space.blocks.rows <= LITTLE:
        return Together([partial(np.matmul, whole(y.gradients), kernel.T, out=whole(x.gradients))])
    pairs = zip(y.gradients, x.gradients, strict=True)
    return [partial(np.matmul, dy, kernel.T, out=dx) for dy, dx in pairs]


def affine(x: Array, y: Array, kernel: Array, bias: Array | None) -> None:
    """y = x W + b."""
    np.matmul(x, kernel, out=y)
    if bias is not None:
        np.add(y, bias, out=y)


def gradients(space: Space, x: Array, dy: Array, most: int) -> list[Gradients]:
    """Tasks over all rows: some rows of dW each, and db."""
    weights, gradient = space.weight("kernel"), space.gradient("kernel")
    kernel = [
        Gradients(
            partial(np.matmul, x[:, rows].T, dy, out=gradient[rows]),
            [part],
            partial(_descend, x[:, rows].T, dy, weights[rows]),
        )
        for rows, part in row_pieces(space, most)
    ]
    return [*kernel, *bias_gradient(space, dy)]


def _descend(x: Array, dy: Array, weights: Array) -> None:
    """Some rows of dW, taken off W at once: they never leave the cache."""
    gradient = scratch(weights.shape, weights.dtype)
    np.matmul(x, dy, out=gradient)
    np.subtract(weights, gradient, out=weights)


def bias_gradient(space: Space, dy: Array) -> list[Gradients]:
    """db over all rows, where there is a bias."""
    if not space.has("bias"):
        return []
    return [Gradients(partial(sum_rows, dy, space.gradient("bias")), [space.part("bias")])]


def row_pieces(space: Space, most: int) -> list[tuple[slice, slice]]:
    """Rows of dW, cut equally so that threads end together, and where each piece lies in memory."""
    start = space.part("kernel").start
    inputs, units = space.gradient("kernel").shape
    return [
        (rows, slice(start + rows.start * units, start + rows.stop * units))
        for rows in pieces(inputs, inputs * units, most)
    ]


def pieces(length: int, size: int, most: int) -> list[slice]:
    """An axis of a matrix of `size` numbers, cut equally: at `most` so many a piece, or a line."""
    step = -(-length // -(-size // most))
    return [slice(start, min(start + step, length)) for start in range(0, length, step)]
