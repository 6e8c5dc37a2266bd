"""Dense layers whose weights no cache holds: products by pieces of the weights, for all rows.

By blocks of rows, every thread would read all the weights for a few rows of its own.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from nnspec.backends.numpy.fast.blocks import BlockContext, BlockedTensor, joined
from nnspec.backends.numpy.fast.kernels.dense import affine, gradients, pieces
from nnspec.backends.numpy.fast.plan import Kernel, WholeBatch

LARGE = 1 << 20  # numbers of a kernel that is too large for the cache of one processor
PIECE = 1 << 19  # numbers of a kernel that one task works on, at most: BLAS likes them large


def dense_large(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = x W + b; dW = x' dy, db = sum dy, dx = dy W'."""
    y, kernel = context.output(), context.weight("kernel")
    bias = context.weight("bias") if context.has("bias") else None
    before, after, dx, dy = map(joined, (x.values, y.values, x.gradients, y.gradients))
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
        [WholeBatch(forward)],
        [WholeBatch(backward)] if context.input_gradient else [],
        after=gradients(context, before, dy, PIECE) if context.training else [],
    )
