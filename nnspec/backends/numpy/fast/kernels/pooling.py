"""Pooling by slices of images. A tie goes to the first element of the window in row-major order."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy.fast.blocks import BlockContext, BlockedTensor
from nnspec.backends.numpy.fast.kernels.padding import PaddedImage
from nnspec.backends.numpy.fast.kernels.window_max import WindowMax
from nnspec.backends.numpy.fast.plan import Kernel, run_in_order
from nnspec.backends.numpy.fast.threads import Task
from nnspec.backends.numpy.huge_pages import empty
from nnspec.backends.numpy.reference.pooling import counts
from nnspec.backends.numpy.windows import Windows, pool_windows


def max_pooling2d(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = the largest value of each window; dy goes to the first place that holds it."""
    return _kernel(context, x, _MaxPooling, -np.inf)


def average_pooling2d(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = the mean of each window's values without padding; dy is shared out equally."""
    return _kernel(context, x, _AveragePooling, 0.0)


def _kernel(
    context: BlockContext,
    x: BlockedTensor,
    make: type[_MaxPooling | _AveragePooling],
    padding: float,
) -> Kernel:
    y, windows = context.output(), pool_windows(context.node)
    poolings = [
        make(
            context,
            windows,
            PaddedImage(windows, values, dx, padding, overwritable=x.overwritable),
            after,
            dy,
        )
        for values, dx, after, dy in zip(x.values, x.gradients, y.values, y.gradients, strict=True)
    ]
    forward = [run_in_order(pooling.forward()) for pooling in poolings]
    if not context.training:
        return Kernel(y, [forward])
    return Kernel(y, [forward], [[run_in_order(pooling.backward()) for pooling in poolings]])


class _MaxPooling:
    """One block."""

    def __init__(
        self, context: BlockContext, windows: Windows, frame: PaddedImage, y: Array, dy: Array
    ) -> None:
        self.frame, self.y, self.dy, self.windows = frame, y, dy, windows
        self.winners = WindowMax(windows.size, y.shape, context.training)
        self.overwritable = frame.overwritable and not frame.overlap

    def forward(self) -> Iterator[Task]:
        yield from self.frame.read()
        places = self._places(self.frame.image, writeable=self.overwritable)
        of_rows = (
            places[:, 0] if self.overwritable else empty((len(places), *self.y.shape), self.y.dtype)
        )
        yield from self.winners.find(places, of_rows, self.y)
        yield from self.winners.settle()

    def backward(self) -> Iterator[Task]:
        yield from self.frame.clear()
        yield from self._add() if self.frame.overlap else self._write()
        yield from self.frame.hand_on()

    def _write(self) -> Iterator[Task]:
        target = self._places(self.frame.gradient, writeable=True)
        yield partial(np.multiply, self.dy, self.winners.places, out=target)

    def _add(self) -> Iterator[Task]:
        share = np.empty_like(self.y)
        won = self.winners.places.reshape(-1, *self.y.shape)
        for place, here in zip(self.windows.places(), won, strict=True):
            target = self.frame.gradient[place]
            yield partial(np.multiply, self.dy, here, out=share)
            yield partial(np.add, target, share, out=target)

    def _places(self, image: Array, *, writeable: bool = False) -> Array:
        """(height, width) of the window, then what is seen from there; a view."""
        return self.windows.unrolled(image, writeable=writeable).transpose(3, 4, 0, 1, 2, 5)


class _AveragePooling:
    """One block."""

    def __init__(
        self, context: BlockContext, windows: Windows, frame: PaddedImage, y: Array, dy: Array
    ) -> None:
        self.frame, self.y, self.dy, self.places = frame, y, dy, windows.places()
        self.counts = np.moveaxis(counts(windows, context.dtype), 0, 2)

    def forward(self) -> Iterator[Task]:
        yield from self.frame.read()
        yield partial(np.copyto, self.y, self.frame.image[self.places[0]])
        for place in self.places[1:]:
            yield partial(np.add, self.y, self.frame.image[place], out=self.y)
        yield partial(np.divide, self.y, self.counts, out=self.y)

    def backward(self) -> Iterator[Task]:
        yield from self.frame.clear()
        yield partial(np.divide, self.dy, self.counts, out=self.dy)
        for place in self.places:
            yield self.frame.give(place, self.dy)
        yield from self.frame.hand_on()
