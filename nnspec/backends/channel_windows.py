"""Which channels lie in the window of which, as a matrix that sums them."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnspec.backends.arrays import Array


def channel_windows(size: int, channels: int, dtype: Any) -> Array:
    """(channels, channels): 1 at [i, c] where i is one of `size` channels from c - size // 2 on."""
    numbers = np.arange(channels)
    distances = numbers[:, None] - numbers
    return ((distances >= -(size // 2)) & (distances <= (size - 1) // 2)).astype(dtype)
