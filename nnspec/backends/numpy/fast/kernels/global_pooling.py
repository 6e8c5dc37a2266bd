"""Kernel of global average pooling."""

from __future__ import annotations

from functools import partial

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.blocks import BlockedTensor, as_wide_matrix
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.plan import Kernel


def global_average_pooling(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = mean of x (*sizes, rows, channels) over the spatial axes; dx = dy / count.

    y is (rows, channels) in memory, whatever its layout: other axes have size 1.
    """
    y = context.allocate_output()
    forward = [partial(_mean, *pair) for pair in zip(x.values, y.values, strict=True)]
    if not context.input_gradient:
        return Kernel(y, [forward])
    pairs = zip(x.gradients, y.gradients, strict=True)
    return Kernel(y, [forward], [[partial(_spread, *pair) for pair in pairs]])


def _mean(x: Array, y: Array) -> None:
    pixels, out = as_wide_matrix(x), y.reshape(-1)
    np.add.reduce(pixels, axis=0, out=out)
    np.divide(out, len(pixels), out=out)


def _spread(dx: Array, dy: Array) -> None:
    pixels = as_wide_matrix(dx)
    np.copyto(pixels, (dy / len(pixels)).reshape(-1))
