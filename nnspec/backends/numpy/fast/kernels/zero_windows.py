"""Windows of 3 x 3 that contain only zeros, whose convolution is to be exactly 0."""

from __future__ import annotations

from functools import reduce

import numpy as np

from nnspec.backends.arrays import Array


class ZeroWindows:
    """Sets y, (out height, out width, rows, filters), to 0 where its window of the image is all 0.

    Winograd's transforms leave rounding errors there. With a bias of 0, ReLU or max pooling would
    decide by their sign: on the background around a digit, half of all ReLUs would be active.
    """

    def __init__(self, image: Array, y: Array, taps: int) -> None:
        self.image, self.y, self.taps = image[: len(y) + taps - 1, : y.shape[1] + taps - 1], y, taps
        self.sums = np.empty(self.image.shape[:3], y.dtype)

    def sum_channels(self) -> None:
        """Sum over channels: 0 where all channels are, and rarely anywhere else."""
        _sum_channels(self.image, self.sums)

    def zero_outputs(self) -> None:
        """Set the outputs of zero windows to 0; to be called once y is computed."""
        if self.sums.all() or not self._is_zero().any():
            return
        _sum_channels(np.abs(self.image), self.sums)
        self.y[self._is_zero()] *= 0  # keeps NaN

    def _is_zero(self) -> Array:
        """Mask (out height, out width, rows) of the windows whose channel sums are all 0."""
        down = reduce(np.logical_and, self._shifted(self.sums == 0))
        return reduce(np.logical_and, self._shifted(down.swapaxes(0, 1))).swapaxes(0, 1)

    def _shifted(self, values: Array) -> list[Array]:
        """The values at each tap along the first axis, one slice per tap."""
        end = len(values) - self.taps + 1
        return [values[tap : tap + end] for tap in range(self.taps)]


def _sum_channels(image: Array, sums: Array) -> None:
    np.matmul(image, np.ones(image.shape[3], image.dtype), out=sums)
