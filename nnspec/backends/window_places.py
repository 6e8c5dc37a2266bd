"""The places of an axis that windows read, for backends whose own windows have no holes."""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array


def window_places(count: int, size: int, stride: int, dilation: int) -> Array:
    """(count size): the places of each window of an axis, those of a window side by side.

    Gathered, they are windows of the same size that neither overlap nor have holes.
    """
    starts = stride * np.arange(count)
    return (starts[:, None] + dilation * np.arange(size)).reshape(-1)
