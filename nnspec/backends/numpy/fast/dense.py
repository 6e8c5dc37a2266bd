"""Dense layers: products by blocks of rows, the weights' gradient by pieces of the inputs."""

from __future__ import annotations

from functools import partial

import numpy as np

from nnspec.backends.base import Array
from nnspec.backends.numpy.fast.crew import Task
from nnspec.backends.numpy.fast.schedule import Kernel
from nnspec.backends.numpy.fast.wires import Space, Wire, whole

PIECE = 1 << 17  # numbers of the kernel's gradient that one task computes, about


def dense(space: Space, x: Wire) -> Kernel:
    """y = x W + b; dW = x' dy, db = sum dy, dx = dy W'."""
    y, kernel = space.output(), space.weight("kernel")
    bias = space.weight("bias") if space.has("bias") else None
    forward = [
        partial(_affine, *pair, kernel, bias) for pair in zip(x.values, y.values, strict=True)
    ]
    pairs = zip(y.gradients, x.gradients, strict=True)
    backward = [partial(np.matmul, dy, kernel.T, out=dx) for dy, dx in pairs]
    after = _gradients(space, whole(x.values), whole(y.gradients)) if space.training else []
    return Kernel(y, [forward], [backward] if space.input_gradient else [], after=after)


def _affine(x: Array, y: Array, kernel: Array, bias: Array | None) -> None:
    np.matmul(x, kernel, out=y)
    if bias is not None:
        np.add(y, bias, out=y)


def _gradients(space: Space, x: Array, dy: Array) -> list[Task]:
    """Tasks over all rows: some rows of dW each, and db."""
    gradient = space.gradient("kernel")
    step = max(1, PIECE // gradient.shape[1])
    pieces = [slice(start, start + step) for start in range(0, len(gradient), step)]
    tasks: list[Task] = [partial(np.matmul, x[:, p].T, dy, out=gradient[p]) for p in pieces]
    if space.has("bias"):
        tasks.append(partial(np.add.reduce, dy, axis=0, out=space.gradient("bias")))
    return tasks
