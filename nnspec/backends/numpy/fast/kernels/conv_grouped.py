"""Grouped convolution by im2col and a product for each group, by blocks of rows.

Products of few channels are slow, so groups of few channels are joined: their kernel is block
diagonal, with zeros between a group's channels and another group's filters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import product
from math import prod

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.blocks import BlockedTensor, as_matrix, bias_tasks, sum_rows
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.kernels.padding import PaddedImage
from nnspec.backends.numpy.fast.kernels.weighted_blocks import kernel_of_blocks
from nnspec.backends.numpy.fast.plan import Kernel
from nnspec.backends.numpy.fast.threads import Task
from nnspec.backends.numpy.windows import Windows, conv_windows

MAX_JOINED_CHANNELS = 16


def conv_grouped(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y_g = columns_g W_g + b for each group g, columns_g (windows, kh kw channels / groups).

    dW_g = columns_g' dy_g; dcolumns_g = dy_g W_g', dx = col2im(dcolumns); db = sum dy.
    Zeros of a joined kernel multiply values of other groups, which must be finite.
    """
    return kernel_of_blocks(context, x, partial(_Block, context, conv_windows(context.node)))


class _JoinedKernel:
    """A kernel (groups, taps channels, filters) of joined groups, each block diagonal."""

    def __init__(self, context: BlockContext, channels: int) -> None:
        *size, per_group, filters = context.node.weights["kernel"].shape
        groups = channels // per_group
        joined = max(
            n for n in range(1, groups + 1)
            if groups % n == 0 and (n == 1 or n * per_group <= MAX_JOINED_CHANNELS)
        )  # fmt: skip
        self.groups, self.channels = groups // joined, joined * per_group
        self.shape = prod(size), per_group, self.groups, joined, filters // groups
        taps, _, _, _, filters_per_group = self.shape
        blocks = self.groups, taps, joined, per_group, joined, filters_per_group
        self.blocks = context.empty(blocks)
        self.matrices = self.blocks.reshape(self.groups, taps * self.channels, -1)

    def read(self, kernel: Array) -> None:
        """Copy a kernel (kh, kw, channels / groups, filters) to the diagonals; 0 elsewhere."""
        self.blocks.fill(0)
        np.copyto(self._diagonals(), self._by_group(kernel))

    def write(self, kernel: Array) -> None:
        """Copy the diagonals to a kernel."""
        np.copyto(self._by_group(kernel), self._diagonals())

    def _diagonals(self) -> Array:
        """View (groups, taps, joined groups, channels, filters) of the blocks on the diagonals."""
        return np.einsum("gtjcjf->gtjcf", self.blocks)

    def _by_group(self, kernel: Array) -> Array:
        """View of a kernel in the order of the diagonals."""
        return kernel.reshape(self.shape).transpose(2, 0, 3, 1, 4)


class _Block:
    """One block; columns are (out height, out width, rows, groups, kh, kw, channels)."""

    def __init__(
        self, context: BlockContext, windows: Windows, x: Array, dx: Array, y: Array, dy: Array
    ) -> None:
        self.context, self.windows, self.y, self.dy = context, windows, y, dy
        self.kernel = _JoinedKernel(context, x.shape[-1])
        by_group = *x.shape[:3], self.kernel.groups, self.kernel.channels
        self.padded = PaddedImage(windows, context, x.reshape(by_group), dx.reshape(by_group))
        self.shape = *y.shape[:3], self.kernel.groups, *windows.size, self.kernel.channels
        self.columns = context.empty(self.shape)

    def forward(self) -> Iterator[Task]:
        """im2col, then a product for each group."""
        read = self.windows.window_view(self.padded.image)
        yield from self.padded.pad_tasks()
        yield partial(np.copyto, np.moveaxis(self.columns, 3, 5), read)
        yield partial(self.kernel.read, self.context.weight("kernel"))
        columns, y = self._by_group(self.columns), self._by_group(self.y)
        yield partial(np.matmul, columns, self.kernel.matrices, out=y)
        if self.context.has_weight("bias"):
            yield from bias_tasks(self.context.weight("bias"), self.y)

    def backward(self, gradients: Mapping[str, Array]) -> Iterator[Task]:
        """dW, db, and dx by col2im."""
        if "bias" in gradients:
            yield partial(sum_rows, as_matrix(self.dy), gradients["bias"])
        columns, dy = self._by_group(self.columns).swapaxes(1, 2), self._by_group(self.dy)
        gradient = _JoinedKernel(self.context, self.padded.shape[-1] * self.kernel.groups)
        yield partial(np.matmul, columns, dy, out=gradient.matrices)
        yield partial(gradient.write, gradients["kernel"])
        if self.context.input_gradient:
            dcolumns = self.context.empty(self.shape)
            kernel = self.kernel.matrices.swapaxes(1, 2)
            yield partial(np.matmul, dy, kernel, out=self._by_group(dcolumns))
            yield from self._col2im(dcolumns)

    def _col2im(self, columns: Array) -> Iterator[Task]:
        taps = product(*map(range, self.windows.size))
        yield from self.padded.zero_gradient_tasks()
        for (row, column), slices in zip(taps, self.windows.slices(), strict=True):
            yield self.padded.add_gradient_task(slices, columns[..., row, column, :])
        yield from self.padded.unpad_gradient_tasks()

    def _by_group(self, block: Array) -> Array:
        """A matrix for each group, (groups, windows, ...); a view."""
        windows = prod(self.y.shape[:3])
        return block.reshape(windows, self.kernel.groups, -1).swapaxes(0, 1)
