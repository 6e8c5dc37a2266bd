"""Windows that see nothing but zeros."""

from __future__ import annotations

import numpy as np

from nnspec.backends.base import Array


def clear_blank(y: Array, image: Array, taps: int) -> None:
    """Make y, (height', width', rows, filters), exactly 0 where its window's values all are.

    A transform leaves its rounding errors there. Under a bias of zero, a ReLU or a pooling behind
    would decide by them: in the dark around a digit, half of all gates would stand open.
    """
    size = image.shape[3]
    sums = np.matmul(np.abs(image).reshape(-1, size), np.ones(size, image.dtype))
    seen = sums.reshape(image.shape[:3]) != 0
    if not seen.all():
        blank = ~_any(_any(seen, 0, taps)[: len(y)], 1, taps)[:, : y.shape[1]]
        y[blank] *= 0  # what is not finite stays seen


def _any(values: Array, axis: int, taps: int) -> Array:
    """Whether one of the next values along an axis is true."""
    spread = np.lib.stride_tricks.sliding_window_view(values, taps, axis)
    return np.logical_or.reduce(spread, axis=-1)
