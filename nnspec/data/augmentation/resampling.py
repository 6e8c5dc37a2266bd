"""Images read at other places than their pixels: between them, and beyond the edge.

Places are whole multiples of 1/65536 of a pixel, so that no last digit of a sine decides.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnspec.backends.arrays import Array
from nnspec.components.augmentation.geometry import Resampling
from nnspec.randomness.philox import Floats

_BITS = 16  # of a place between two pixels
_PART = (1 << _BITS) - 1

Places = NDArray[np.int64]


class AxisPixels(NamedTuple):
    """The pixels that stand for places along an axis of images, and which places are beyond it."""

    inside: Places
    beyond: NDArray[np.bool_]

    @classmethod
    def of(cls, step: Resampling, places: Places, size: int) -> AxisPixels:
        """The pixels of an axis of a size, by the step's `fill_mode`."""
        low, high = int(places.min(initial=0)), int(places.max(initial=0))
        table = _inside(np.arange(low, high + 1), size, step.fill_mode)
        return cls(table.take(places - low), (places < 0) | (places >= size))


def resample(step: Resampling, x: Array, rows: Floats, columns: Floats) -> Array:
    """Images x (n, height, width, channels) at places (n, height, width).

    Rows and columns may have axes of size 1. What is beyond the edge is by the step's `fill_mode`.
    """
    r, c = (np.rint(np.ldexp(place, _BITS)).astype(np.int64) for place in (rows, columns))
    if step.interpolation == "nearest":
        half = 1 << (_BITS - 1)
        return _nearest(step, x, (r + half) >> _BITS, (c + half) >> _BITS).reshape(x.shape)
    return _bilinear(step, x, r, c).reshape(x.shape)


def _nearest(step: Resampling, x: Array, rows: Places, columns: Places) -> Array:
    """The pixels at whole places, (n, height, width * channels)."""
    height, width = x.shape[1:3]
    row, column = AxisPixels.of(step, rows, height), AxisPixels.of(step, columns, width)
    return _pixels(step, x, row, column)


def _bilinear(step: Resampling, x: Array, rows: Places, columns: Places) -> Array:
    """The four pixels around places, weighed, (n, height, width * channels)."""
    height, width, channels = x.shape[1:]
    f, g = (_fractions(places, x.dtype) for places in (rows, columns))
    f = f if f.shape[2] == 1 else f.repeat(channels, axis=2)
    g = g.repeat(channels, axis=2)
    top, bottom = (AxisPixels.of(step, (rows >> _BITS) + more, height) for more in (0, 1))
    left, right = (AxisPixels.of(step, (columns >> _BITS) + more, width) for more in (0, 1))
    above = _between(_pixels(step, x, top, left), _pixels(step, x, top, right), g)
    below = _between(_pixels(step, x, bottom, left), _pixels(step, x, bottom, right), g)
    return _between(above, below, f)


def _fractions(places: Places, dtype: np.dtype[np.floating]) -> Array:
    """How far places are beyond the pixel before them, from 0 to 1."""
    return np.ldexp((places & _PART).astype(dtype), -_BITS)


def _between(x: Array, y: Array, share: Array) -> Array:
    """x + share (y - x), in the memory of y."""
    y -= x
    y *= share
    y += x
    return y


def _pixels(step: Resampling, x: Array, row: AxisPixels, column: AxisPixels) -> Array:
    """The pixels of rows and columns of each image, (n, height, width * channels)."""
    n, height, width, channels = x.shape
    first = np.arange(n).reshape(n, 1, 1) * (height * width)
    numbers = row.inside * width + first + column.inside
    pixels = x.reshape(n * height * width, channels).take(numbers, axis=0)
    if step.fill_mode == "constant":
        pixels[np.broadcast_to(row.beyond | column.beyond, numbers.shape)] = step.fill_value
    return pixels.reshape(n, height, width * channels)


def _inside(places: Places, size: int, fill_mode: str) -> Places:
    """The pixel of an axis of a size that stands for each place."""
    if fill_mode == "wrap":
        return places % size
    if fill_mode == "reflect":
        around = places % (2 * size)
        return np.minimum(around, 2 * size - 1 - around)
    return np.clip(places, 0, size - 1)
