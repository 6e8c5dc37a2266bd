"""Images read at other places than their pixels: between them, and beyond the edge."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnspec.backends.arrays import Array
from nnspec.components.augmentation.geometry import Resampling
from nnspec.randomness.philox import Floats

_STEPS = 65536  # of a place between two pixels: no last digit of a sine decides

Places = NDArray[np.int64]


def resample(step: Resampling, x: Array, rows: Floats, columns: Floats) -> Array:
    """Images x (n, height, width, channels) at places (n, height, width), of which rows and
    columns may have axes of size 1; what is beyond the edge is by the step's `fill_mode`.
    """
    rows, columns = (np.rint(place * _STEPS) / _STEPS for place in (rows, columns))
    if step.interpolation == "nearest":
        return _pixels(
            step, x, *(np.floor(place + 0.5).astype(np.int64) for place in (rows, columns))
        )
    top, left = np.floor(rows), np.floor(columns)
    f, g = ((a - b).astype(x.dtype)[..., None] for a, b in ((rows, top), (columns, left)))
    r, c = top.astype(np.int64), left.astype(np.int64)
    above = (1 - g) * _pixels(step, x, r, c) + g * _pixels(step, x, r, c + 1)
    below = (1 - g) * _pixels(step, x, r + 1, c) + g * _pixels(step, x, r + 1, c + 1)
    result: Array = (1 - f) * above + f * below
    return result


def _pixels(step: Resampling, x: Array, rows: Places, columns: Places) -> Array:
    """The pixels (n, height, width, channels) at whole places, which may be beyond the edge."""
    n, height, width, channels = x.shape
    inner = _inside(rows, height, step.fill_mode) * width + _inside(columns, width, step.fill_mode)
    numbers = inner + np.arange(n).reshape(n, 1, 1) * (height * width)
    pixels = x.reshape(n * height * width, channels)[numbers]
    if step.fill_mode == "constant":
        beyond = (rows < 0) | (rows >= height) | (columns < 0) | (columns >= width)
        pixels[np.broadcast_to(beyond, pixels.shape[:3])] = step.fill_value
    return pixels


def _inside(places: Places, size: int, fill_mode: str) -> Places:
    """The place in an image of a size at which a place beyond its edge is read."""
    if fill_mode == "wrap":
        return places % size
    if fill_mode == "reflect":
        around = places % (2 * size)
        return np.minimum(around, 2 * size - 1 - around)
    return np.clip(places, 0, size - 1)
