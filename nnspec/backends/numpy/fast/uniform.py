"""Which windows of 3 x 3 see one and the same value everywhere, as those over a border do.

The outputs of such windows must be equal, and as exact as they are small: whether a ReLU lets them
through and which place wins a pooling would else be left to rounding, for much of a picture at
once. An algorithm that mixes neighbours has to be told.
"""

from __future__ import annotations

import numpy as np

from nnspec.backends.base import Array
from nnspec.backends.numpy.fast.tiles import TAPS


def uniform(x: Array, value: Array, height: int, width: int) -> Array:
    """For images (.., .., rows, channels): which outputs (height, width, rows) see `value` alone.

    `value` is (channels).
    """
    other = _in_any_channel(x[: height + TAPS - 1, : width + TAPS - 1], value)
    down = other[:height] | other[1 : height + 1] | other[2 : height + 2]
    across: Array = down[:, :width] | down[:, 1 : width + 1] | down[:, 2 : width + 2]
    return across == 0


def _in_any_channel(x: Array, value: Array) -> Array:
    """A number that is 0 where x is the value; eight channels are combined at a time."""
    height, width, rows, channels = x.shape
    lines = x.reshape(height, width, rows * channels)
    found = np.not_equal(lines, np.tile(value, rows)).reshape(x.shape)
    if channels % 8:
        return found.any(axis=-1)
    words = found.view(np.uint64)
    while (count := words.shape[-1]) > 1:
        half = count // 2
        rest = words[..., 2 * half :]
        words = np.concatenate([words[..., :half] | words[..., half : 2 * half], rest], axis=-1)
    return words[..., 0]
