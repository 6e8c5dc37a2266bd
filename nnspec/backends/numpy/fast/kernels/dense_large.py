"""Dense layers whose weights no cache holds: products by pieces of the weights, for all rows.

By blocks of rows, every thread would read all the weights for a few rows of its own.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from nnspec.backends.numpy.fast.blocks import Space, Wire, whole
from nnspec.backends.numpy.fast.kernels.dense import affine, gradients, pieces
from nnspec.backends.numpy.fast.plan import Kernel, Together

WIDE = 1 << 20  # numbers of a kernel that is too large for the cache of one processor
PIECE = 1 << 19  # numbers of a kernel that one task works on, at most: BLAS likes them large


def wide(space: Space, x: Wire) -> Kernel:
    """y = x W + b; dW = x' dy, db = sum dy, dx = dy W'."""
    y, kernel = space.output(), space.weight("kernel")
    bias = space.weight("bias") if space.has("bias") else None
    before, after, dx, dy = map(whole, (x.values, y.values, x.gradients, y.gradients))
    forward = [
        partial(
            affine, before, after[:, part], kernel[:, part], None if bias is None else bias[part]
        )
        for part in pieces(kernel.shape[1], kernel.size, PIECE)
    ]
    backward = [
        partial(np.matmul, dy, kernel[part].T, out=dx[:, part])
        for part in pieces(kernel.shape[0], kernel.size, PIECE)
    ]
    return Kernel(
        y,
        [Together(forward)],
        [Together(backward)] if space.input_gradient else [],
        after=gradients(space, before, dy, PIECE) if space.training else [],
    )
