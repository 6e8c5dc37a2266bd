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
    """One block. `beats[k]` says where place k + 1 of the window exceeds all places before it."""

    def __init__(self, space: Space, windows: Windows, frame: Frame, y: Array, dy: Array) -> None:
        self.frame, self.y, self.dy = frame, y, dy
        self.first, *self.others = windows.places()
        self.beats = [np.empty(y.shape, bool) for _ in self.others] if space.training else []
        self.overlap = windows.overlap
        learns = space.training
        self.share = np.empty_like(y) if self.overlap and learns else y
        self.taken: Array = np.empty(y.shape, bool) if learns else y
        self.won: Array = np.empty(y.shape, bool) if learns else y

    def forward(self) -> None:
        padded, y = self.frame.padded(), self.y
        largest = padded[self.first]
        for number, place in enumerate(self.others):
            if self.beats:
                np.greater(padded[place], largest, out=self.beats[number])
            np.maximum(largest, padded[place], out=y)
            largest = y
        if not self.others:
            np.copyto(y, largest)

    def backward(self) -> None:
        """From the last place to the first: a place wins where none after it exceeds it."""
        image, taken, won = self.frame.begin(), self.taken, self.won
        taken.fill(False)
        for place, beats in zip(self.others[::-1], self.beats[::-1], strict=True):
            np.greater(beats, taken, out=won)
            np.logical_or(beats, taken, out=taken)
            self._give(image[place])
        np.logical_not(taken, out=won)
        self._give(image[self.first])
        self.frame.uncover()

    def _give(self, target: Array) -> None:
        """Windows give what they have to the place that has won."""
        if self.overlap:
            np.multiply(self.dy, self.won, out=self.share)
            np.add(target, self.share, out=target)
        else:
            np.multiply(self.dy, self.won, out=target)


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
        self.frame.begin()
        np.divide(self.dy, self.counts, out=self.dy)
        for place in self.places:
            self.frame.give(place, self.dy)
        self.frame.uncover()
