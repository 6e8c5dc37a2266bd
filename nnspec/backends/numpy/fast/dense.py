"""Dense layers: products by blocks of rows, the weights' gradient by pieces of the inputs."""

from __future__ import annotations

from functools import partial

import numpy as np

from nnspec.backends.base import Array
from nnspec.backends.numpy.fast.schedule import Gradients, Kernel
from nnspec.backends.numpy.fast.wires import Space, Wire, sum_rows, whole

PIECE = 1 << 18  # numbers of a kernel that one task works on, at most


def dense(space: Space, x: Wire) -> Kernel:
    """y = x W + b; dW = x' dy, db = sum dy, dx = dy W'."""
    y, kernel = space.output(), space.weight("kernel")
    bias = space.weight("bias") if space.has("bias") else None
    forward = [
        partial(affine, *pair, kernel, bias) for pair in zip(x.values, y.values, strict=True)
    ]
    pairs = zip(y.gradients, x.gradients, strict=True)
    backward = [partial(np.matmul, dy, kernel.T, out=dx) for dy, dx in pairs]
    after = gradients(space, whole(x.values), whole(y.gradients)) if space.training else []
    return Kernel(y, [forward], [backward] if space.input_gradient else [], after=after)


def affine(x: Array, y: Array, kernel: Array, bias: Array | None) -> None:
    """y = x W + b."""
    np.matmul(x, kernel, out=y)
    if bias is not None:
        np.add(y, bias, out=y)


def gradients(space: Space, x: Array, dy: Array) -> list[Gradients]:
    """Tasks over all rows: some rows of dW each, and db."""
    return [*_kernel_gradients(space, x, dy), *bias_gradient(space, dy)]


def bias_gradient(space: Space, dy: Array) -> list[Gradients]:
    """db over all rows, where there is a bias."""
    if not space.has("bias"):
        return []
    return [Gradients(partial(sum_rows, dy, space.gradient("bias")), [space.part("bias")])]


def _kernel_gradients(space: Space, x: Array, dy: Array) -> list[Gradients]:
    """By pieces of about the same size, so that threads end together."""
    gradient, start = space.gradient("kernel"), space.part("kernel").start
    inputs, units = gradient.shape
    return [
        Gradients(
            partial(np.matmul, x[:, part].T, dy, out=gradient[part]),
            [slice(start + part.start * units, start + part.stop * units)],
        )
        for part in pieces(inputs, gradient.size)
    ]


def pieces(length: int, size: int) -> list[slice]:
    """An axis of a matrix of `size` numbers, cut equally."""
    step = -(-length // -(-size // PIECE))
    return [slice(start, min(start + step, length)) for start in range(0, length, step)]
