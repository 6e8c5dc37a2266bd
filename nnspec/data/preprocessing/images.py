"""Rules of the preprocessing steps of images, (rows, height, width, ...).

Sums run over the taps one after the other, elementwise: they have the same bits on every machine.
"""

from __future__ import annotations

from functools import cache
from math import ceil
from typing import Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.preprocessing.base import floating
from nnspec.components.preprocessing.images import (
    CenterCropTransform,
    GrayscaleTransform,
    ResizeTransform,
)
from nnspec.data.registry import FittedState, TransformRule

_RESIZE_UNIT = 2.0**22  # the weights of whole numbers are multiples of 1 / unit, as in Pillow
_LUMA = (0.299, 0.587, 0.114)
_LUMA_UNIT = 2.0**16
_LUMA_OF_WHOLE = (19595 / _LUMA_UNIT, 38470 / _LUMA_UNIT, 7471 / _LUMA_UNIT)


def _apply_resize(step: ResizeTransform, _: FittedState, x: Array) -> Array:
    height, width = step.size
    return _resample(_resample(x, 2, width), 1, height)


def _apply_center_crop(step: CenterCropTransform, _: FittedState, x: Array) -> Array:
    return middle(x, step.size)


def middle(x: Array, size: tuple[int, int]) -> Array:
    """The middle of images (rows, height, width, ...), a view; odd margins are less before it."""
    height, width = size
    top, left = (x.shape[1] - height) // 2, (x.shape[2] - width) // 2
    return x[:, top : top + height, left : left + width]


def _apply_grayscale(_: GrayscaleTransform, __: FittedState, x: Array) -> Array:
    weights = _LUMA if x.dtype.kind == "f" else _LUMA_OF_WHOLE
    red, green, blue = (x[..., i].astype(np.float64) * weight for i, weight in enumerate(weights))
    return _stored(red + green + blue, x.dtype)[..., None]


def _resample(x: Array, axis: int, size: int) -> Array:
    """The rows with another size of an axis; in float64, or rounded where they are whole."""
    if x.shape[axis] == size:
        return x
    index, weights = _taps(x.shape[axis], size)
    if x.dtype.kind != "f":
        weights = np.floor(weights * _RESIZE_UNIT + 0.5) / _RESIZE_UNIT
    shape = (size, *(1,) * (x.ndim - axis - 1))
    total = np.zeros((*x.shape[:axis], size, *x.shape[axis + 1 :]))
    for at, weight in zip(index, weights, strict=True):
        total += np.take(x, at, axis) * weight.reshape(shape)
    return _stored(total, x.dtype)


@cache
def _taps(old: int, new: int) -> tuple[Array, Array]:
    """For each tap and each new pixel, the old pixel that it reads, and its weight; (taps, new)."""
    scale = old / new
    support = max(scale, 1.0)
    center = (np.arange(new) + 0.5) * scale
    first = np.maximum((center - support + 0.5).astype(np.int64), 0)
    end = np.minimum((center + support + 0.5).astype(np.int64), old)
    index = first + np.arange(ceil(support) * 2 + 1)[:, None]
    weights = np.maximum(1 - np.abs((index - center + 0.5) * (1 / support)), 0.0) * (index < end)
    total = np.zeros(new)
    for weight in weights:
        total += weight
    return np.minimum(index, old - 1), weights / total


def _stored(numbers: Array, dtype: np.dtype[Any]) -> Array:
    """Computed numbers in the type of those that they were computed from, or in float64."""
    if dtype.kind == "f":
        return numbers.astype(floating(dtype.name), copy=False)
    return np.floor(numbers + 0.5).astype(dtype)


resize = TransformRule(_apply_resize)
center_crop = TransformRule(_apply_center_crop)
grayscale = TransformRule(_apply_grayscale)
