"""The weights of a Winograd convolution, transformed, and their gradients."""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.kernels.weighted_blocks import add_others, first_and_others
from nnspec.backends.numpy.fast.kernels.winograd_transforms import Tiling
from nnspec.backends.numpy.fast.scratch import scratch
from nnspec.backends.numpy.huge_pages import empty

CHUNK = 1 << 13  # weights per tap that are transformed at once: they stay in cache


class TransformedKernel:
    """The kernel G W G', (positions, channels, filters), where only predictions are computed."""

    def __init__(self, kernel: Array, axes: Tiling) -> None:
        self.kernel = kernel
        self.vertical, self.horizontal = (axis.matrices(kernel.dtype).taps for axis in axes)
        positions = len(self.vertical) * len(self.horizontal)
        self.transformed = empty((positions, *kernel.shape[2:]), kernel.dtype)

    def refresh(self) -> None:
        """Compute G W G' from the current weights."""
        _transform_2d(self.vertical, self.kernel, self.horizontal, self.transformed)


class TrainedKernel(TransformedKernel):
    """`TransformedKernel` with its transpose, and the gradients of W and b of each block."""

    def __init__(self, context: BlockContext, axes: Tiling) -> None:
        super().__init__(context.weight("kernel"), axes)
        self.context = context
        *_, channels, filters = self.kernel.shape
        blocks, positions = len(context.blocks.spans), len(self.transformed)
        self.transposed = empty((positions, filters, channels), context.dtype)
        self.gradients = first_and_others(context.gradient("kernel"), blocks)
        self.bias_gradients = np.empty((blocks, filters), context.dtype)

    def refresh_transposed(self) -> None:
        """`refresh` with filters before channels, which halves the time of BLAS."""
        kernel = self.kernel.swapaxes(2, 3)
        _transform_2d(self.vertical, kernel, self.horizontal, self.transposed)

    def gradient(self, tiles: Array, gradients: Array, index: int) -> None:
        """A block's dW = G' d(G W G') G, of tiles (positions, n, channels) and their products."""
        transformed = scratch(self.transformed.shape, self.transformed.dtype, number=1)
        np.matmul(tiles.swapaxes(1, 2), gradients, out=transformed)
        _transform_2d(self.vertical.T, transformed, self.horizontal.T, self.gradients[index])

    def sum_over_blocks(self) -> None:
        """Sum the blocks' gradients, in the blocks' order."""
        add_others(self.gradients)
        if self.context.has_weight("bias"):
            np.add.reduce(self.bias_gradients, axis=0, out=self.context.gradient("bias"))


def shared_kernel(context: BlockContext, axes: Tiling) -> TransformedKernel:
    """The transformed kernel that all block networks of inference share."""
    assert context.caches is not None  # noqa: S101
    key = "winograd", context.node.owner, *(axis.m for axis in axes)
    return context.caches.get(key, lambda: TransformedKernel(context.weight("kernel"), axes))


def _transform_2d(left: Array, values: Array, right: Array, out: Array) -> None:
    """out[i, j, ...] = sum_kl left[i, k] right[j, l] values[k, l, ...], some numbers at a time.

    `values` and `out` have two last axes; the first two may be one.
    """
    *_, vectors, length = values.shape
    values = values.reshape(left.shape[1], right.shape[1], vectors, length)
    out = out.reshape(len(left), len(right), -1)
    step = max(1, CHUNK // length)
    for start in range(0, vectors, step):
        part = values[:, :, start : start + step].reshape(*values.shape[:2], -1)
        rows = scratch((part.shape[1], len(left), part.shape[2]), part.dtype)
        np.matmul(left, part.swapaxes(0, 1), out=rows)
        end = start * length + part.shape[2]
        np.matmul(right, rows.swapaxes(0, 1), out=out[..., start * length : end])
