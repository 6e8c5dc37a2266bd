"""Pooling by slices of images. A tie goes to the first element of the window in row-major order."""

from __future__ import annotations

import numpy as np

from nnspec.backends.base import Array
from nnspec.backends.numpy.fast.frame import Frame
from nnspec.backends.numpy.fast.schedule import Kernel
from nnspec.backends.numpy.fast.wires import Space, Wire
from nnspec.backends.numpy.pool import counts
from nnspec.backends.numpy.windows import Windows, pool_windows


def max_pooling2d(space: Space, x: Wire) -> Kernel:
    """y = the largest value of each window; dy goes to the first place that holds it."""
    return _kernel(space, x, _MaxPooling, -np.inf)


def average_pooling2d(space: Space, x: Wire) -> Kernel:
    """y = the mean of each window's values without padding; dy is shared out equally."""
    return _kernel(space, x, _AveragePooling, 0.0)


def _kernel(
    space: Space, x: Wire, make: type[_MaxPooling | _AveragePooling], padding: float
) -> Kernel:
    y, windows = space.output(), pool_windows(space.node)
    poolings = [
        make(space, windows, Frame(windows, values, dx, padding), after, dy)
        for values, dx, after, dy in zip(x.values, x.gradients, y.values, y.gradients, strict=True)
    ]
    forward = [pooling.forward for pooling in poolings]
    backward = [pooling.backward for pooling in poolings]
    return Kernel(y, [forward], [backward])


class _MaxPooling:
    """One block. `later[k]` says where place k + 1 of the window beats all places before it."""

    def __init__(self, space: Space, windows: Windows, frame: Frame, y: Array, dy: Array) -> None:
        self.frame, self.y, self.dy = frame, y, dy
        self.places = windows.places()
        self.later = [np.empty(y.shape, bool) for _ in self.places[1:]] if space.training else []
        self.overlaps = windows.overlap
        self.share = np.empty_like(y) if space.training else y

    def forward(self) -> None:
        padded, y = self.frame.padded(), self.y
        first, *others = self.places
        np.copyto(y, padded[first])
        for place, beats in zip(others, self.later, strict=False):
            np.greater(padded[place], y, out=beats)
            np.maximum(y, padded[place], out=y)
        if not self.later:
            for place in others:
                np.maximum(y, padded[place], out=y)

    def backward(self) -> None:
        """From the last place to the first: what a place wins is taken from those before."""
        image, dy, share = self.frame.cleared(), self.dy, self.share
        for place, beats in zip(self.places[:0:-1], self.later[::-1], strict=True):
            np.multiply(dy, beats, out=share)
            np.subtract(dy, share, out=dy)
            np.add(image[place], share, out=image[place])
        np.add(image[self.places[0]], dy, out=image[self.places[0]])
        self.frame.uncover()


class _AveragePooling:
    """One block."""

    def __init__(self, space: Space, windows: Windows, frame: Frame, y: Array, dy: Array) -> None:
        self.frame, self.y, self.dy, self.places = frame, y, dy, windows.places()
        self.counts = np.moveaxis(counts(windows, space.dtype), 0, 2)

    def forward(self) -> None:
        padded, y = self.frame.padded(), self.y
        np.copyto(y, padded[self.places[0]])
        for place in self.places[1:]:
            np.add(y, padded[place], out=y)
        np.divide(y, self.counts, out=y)

    def backward(self) -> None:
        image, dy = self.frame.cleared(), self.dy
        np.divide(dy, self.counts, out=dy)
        for place in self.places:
            np.add(image[place], dy, out=image[place])
        self.frame.uncover()
