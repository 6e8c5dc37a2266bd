"""Kernels of pooling. A tied maximum counts at the window's first position in row-major order."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.blocks import BlockedTensor
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.kernels.padding import PaddedImage
from nnspec.backends.numpy.fast.kernels.window_max import WindowMax
from nnspec.backends.numpy.fast.plan import Kernel, combine_tasks
from nnspec.backends.numpy.fast.threads import Task
from nnspec.backends.numpy.reference.pooling import window_counts
from nnspec.backends.numpy.windows import Windows, pool_windows


def max_pooling2d(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = max over each window; dx = dy at the first position of the maximum, else 0."""
    return _kernel(context, x, _MaxPooling, -np.inf)


def average_pooling2d(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = mean over each window without padding; dx = dy / count at each of its positions."""
    return _kernel(context, x, _AveragePooling, 0.0)


def _kernel(
    context: BlockContext,
    x: BlockedTensor,
    make: type[_MaxPooling | _AveragePooling],
    padding: float,
) -> Kernel:
    y, windows = context.allocate_output(), pool_windows(context.node)
    blocks = [
        make(
            context,
            windows,
            PaddedImage(windows, context, values, dx, padding, overwritable=x.overwritable),
            y_values,
            dy,
        )
        for values, dx, y_values, dy in zip(
            x.values, x.gradients, y.values, y.gradients, strict=True
        )
    ]
    forward = [combine_tasks(block.forward()) for block in blocks]
    if not context.training:
        return Kernel(y, [forward])
    return Kernel(y, [forward], [[combine_tasks(block.backward()) for block in blocks]])


class _MaxPooling:
    """Max pooling of one block."""

    def __init__(
        self, context: BlockContext, windows: Windows, padded: PaddedImage, y: Array, dy: Array
    ) -> None:
        self.padded, self.y, self.dy, self.windows = padded, y, dy, windows
        self.context, self.window_max = context, WindowMax(windows.size, y.shape, context)
        self.overwritable = padded.overwritable and not padded.overlapping

    def forward(self) -> Iterator[Task]:
        yield from self.padded.pad_tasks()
        positions = self._by_position(self.padded.image, writeable=self.overwritable)
        row_max = (
            positions[:, 0]
            if self.overwritable
            else self.context.empty((len(positions), *self.y.shape))
        )
        yield from self.window_max.max_tasks(positions, row_max, self.y)
        yield from self.window_max.first_max_tasks()

    def backward(self) -> Iterator[Task]:
        yield from self.padded.zero_gradient_tasks()
        yield from self._scatter_add() if self.padded.overlapping else self._scatter()
        yield from self.padded.unpad_gradient_tasks()

    def _scatter(self) -> Iterator[Task]:
        target = self._by_position(self.padded.gradient, writeable=True)
        yield partial(np.multiply, self.dy, self.window_max.is_max, out=target)

    def _scatter_add(self) -> Iterator[Task]:
        product = self.context.empty(self.y.shape)
        masks = self.window_max.is_max.reshape(-1, *self.y.shape)
        for slices, mask in zip(self.windows.slices(), masks, strict=True):
            target = self.padded.gradient[slices]
            yield partial(np.multiply, self.dy, mask, out=product)
            yield partial(np.add, target, product, out=target)

    def _by_position(self, image: Array, *, writeable: bool = False) -> Array:
        """View (window height, window width, out height, out width, rows, channels) of an image."""
        return self.windows.window_view(image, writeable=writeable).transpose(3, 4, 0, 1, 2, 5)


class _AveragePooling:
    """Average pooling of one block."""

    def __init__(
        self, context: BlockContext, windows: Windows, padded: PaddedImage, y: Array, dy: Array
    ) -> None:
        self.padded, self.y, self.dy, self.slices = padded, y, dy, windows.slices()
        self.counts = np.moveaxis(window_counts(windows, context.dtype), 0, 2)

    def forward(self) -> Iterator[Task]:
        yield from self.padded.pad_tasks()
        yield partial(np.copyto, self.y, self.padded.image[self.slices[0]])
        for slices in self.slices[1:]:
            yield partial(np.add, self.y, self.padded.image[slices], out=self.y)
        yield partial(np.divide, self.y, self.counts, out=self.y)

    def backward(self) -> Iterator[Task]:
        yield from self.padded.zero_gradient_tasks()
        yield partial(np.divide, self.dy, self.counts, out=self.dy)
        for slices in self.slices:
            yield self.padded.add_gradient_task(slices, self.dy)
        yield from self.padded.unpad_gradient_tasks()
