"""Windows that see nothing but zeros."""

from __future__ import annotations

from functools import reduce

import numpy as np

from nnspec.backends.contract import Array


class ZeroWindows:
    """Makes y, (height', width', rows, filters), exactly 0 where its window's values all are.

    A transform leaves its rounding errors there. Under a bias of zero, a ReLU or a pooling behind
    would decide by them: in the dark around a digit, half of all gates would stand open.
    """

    def __init__(self, image: Array, y: Array, taps: int) -> None:
        self.image, self.y, self.taps = image[: len(y) + taps - 1, : y.shape[1] + taps - 1], y, taps
        self.sums = np.empty(self.image.shape[:3], y.dtype)

    def look(self) -> None:
        """Add up the channels: a sum is 0 in the dark, and seldom anywhere else."""
        _add_up(self.image, self.sums)

    def clear(self) -> None:
        """Once y is computed."""
        if self.sums.all() or not self._blank().any():
            return
        _add_up(np.abs(self.image), self.sums)
        self.y[self._blank()] *= 0  # what is not finite stays seen

    def _blank(self) -> Array:
        """Which windows see sums of 0 alone."""
        down = reduce(np.logical_and, self._seen(self.sums == 0))
        return reduce(np.logical_and, self._seen(down.swapaxes(0, 1))).swapaxes(0, 1)

    def _seen(self, values: Array) -> list[Array]:
        """What each tap sees along the first axis."""
        end = len(values) - self.taps + 1
        return [values[tap : tap + end] for tap in range(self.taps)]


def _add_up(image: Array, sums: Array) -> None:
    np.matmul(image, np.ones(image.shape[3], image.dtype), out=sums)
