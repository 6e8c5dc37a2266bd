"""The weights of a Winograd convolution, transformed, and their gradients."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.kernels.winograd_transforms import Tiling
from nnspec.backends.numpy.fast.scratch import scratch
from nnspec.backends.numpy.fast.threads import Task
from nnspec.backends.numpy.huge_pages import empty

CHUNK = 1 << 13  # weights per tap that are transformed at once in inference: they stay in cache


class TransformedKernel:
    """The kernel G W G', (positions, channels, filters), where only predictions are computed."""

    def __init__(self, kernel: Array, axes: Tiling) -> None:
        self.kernel = kernel
        self.vertical, self.horizontal = (axis.matrices(kernel.dtype).taps for axis in axes)
        positions = len(self.vertical) * len(self.horizontal)
        self.transformed = empty((positions, *kernel.shape[2:]), kernel.dtype)

    def refresh(self) -> None:
        """Compute G W G' from the current weights, some channels and filters at a time."""
        taps, (down, across) = self.kernel.shape[:2], (len(self.vertical), len(self.horizontal))
        kernel, out = self.kernel.reshape(*taps, -1), self.transformed.reshape(down, across, -1)
        for start in range(0, kernel.shape[2], CHUNK):
            values, target = (array[..., start : start + CHUNK] for array in (kernel, out))
            rows = scratch((taps[1], down, values.shape[2]), kernel.dtype)
            np.matmul(self.vertical, values.swapaxes(0, 1), out=rows)
            np.matmul(self.horizontal, rows.swapaxes(0, 1), out=target)


class TrainedKernel(TransformedKernel):
    """`TransformedKernel` with its transpose, and the gradients of W and b of each block."""

    def __init__(self, context: BlockContext, axes: Tiling) -> None:
        super().__init__(context.weight("kernel"), axes)
        self.context = context
        *_, channels, filters = self.kernel.shape
        blocks, positions = len(context.blocks.spans), len(self.transformed)
        self.transposed = empty((positions, filters, channels), context.dtype)
        self.gradients = np.empty((blocks, *self.kernel.shape), context.dtype)
        self.bias_gradients = np.empty((blocks, filters), context.dtype)

    def transform_tasks(self) -> Iterator[Task]:
        """Tasks that compute G W G' from the current weights."""
        yield from _transform_2d(self.vertical, self.kernel, self.horizontal, self.transformed)

    def transform_transposed(self) -> Iterator[Task]:
        """`transform_tasks` with filters before channels, which halves the time of BLAS."""
        kernel = np.empty_like(self.kernel.swapaxes(2, 3), order="C")
        yield partial(np.copyto, kernel, self.kernel.swapaxes(2, 3))
        yield from _transform_2d(self.vertical, kernel, self.horizontal, self.transposed)

    def gradient_tasks(self, transformed: Array, index: int) -> Iterator[Task]:
        """Tasks for a block's dW = G' d(G W G') G."""
        yield from _transform_2d(
            self.vertical.T, transformed, self.horizontal.T, self.gradients[index]
        )

    def sum_over_blocks(self) -> None:
        """Sum the blocks' gradients, in the blocks' order."""
        np.add.reduce(self.gradients, axis=0, out=self.context.gradient("kernel"))
        if self.context.has_weight("bias"):
            np.add.reduce(self.bias_gradients, axis=0, out=self.context.gradient("bias"))


def shared_kernel(context: BlockContext, axes: Tiling) -> TransformedKernel:
    """The transformed kernel that all block networks of inference share."""
    assert context.caches is not None  # noqa: S101
    key = "winograd", context.node.owner, *(axis.m for axis in axes)
    return context.caches.get(key, lambda: TransformedKernel(context.weight("kernel"), axes))


def _transform_2d(left: Array, values: Array, right: Array, out: Array) -> Iterator[Task]:
    """out[i, j, ...] = sum_kl left[i, k] right[j, l] values[k, l, ...]."""
    values = values.reshape(left.shape[1], -1)
    rows = np.empty((len(left), values.shape[1]), values.dtype)
    yield partial(np.matmul, left, values, out=rows)
    columns = rows.reshape(len(left), right.shape[1], -1)
    yield partial(np.matmul, right, columns, out=out.reshape(len(left), len(right), -1))
