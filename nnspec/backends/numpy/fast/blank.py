"""Windows that see nothing but zeros."""

from __future__ import annotations

from functools import reduce

import numpy as np

from nnspec.backends.base import Array


def clear_blank(y: Array, image: Array, taps: int) -> None:
    """Make y, (height', width', rows, filters), exactly 0 where its window's values all are.

    A transform leaves its rounding errors there. Under a bias of zero, a ReLU or a pooling behind
    would decide by them: in the dark around a digit, half of all gates would stand open.
    """
    image = image[: y.shape[0] + taps - 1, : y.shape[1] + taps - 1]
    if _blank(image, taps).any():  # seldom, but for zeros
        y[_blank(np.abs(image), taps)] *= 0  # what is not finite stays seen


def _blank(image: Array, taps: int) -> Array:
    """Where the sum over channels is 0 in a whole window."""
    dark = np.matmul(image, np.ones(image.shape[3], image.dtype)) == 0
    down = reduce(np.logical_and, _slices(dark, taps))
    return reduce(np.logical_and, _slices(down.swapaxes(0, 1), taps)).swapaxes(0, 1)


def _slices(values: Array, taps: int) -> list[Array]:
    """What each tap sees along the first axis."""
    end = len(values) - taps + 1
    return [values[tap : tap + end] for tap in range(taps)]
