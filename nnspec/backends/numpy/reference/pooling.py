"""Rules of pooling. A tied maximum counts at the window's first position in row-major order."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy.reference.context import Backward, Forward, RuleContext
from nnspec.backends.numpy.windows import Padder, Windows, pool_windows
from nnspec.components.layers.pooling import AveragePooling2D, MaxPooling2D


def max_pooling2d(layer: MaxPooling2D, context: RuleContext) -> tuple[Forward, Backward]:
    """y = max over each window; dx = dy at the first position of the maximum, else 0."""
    windows, channels = pool_windows(context.node), context.shape[-1]
    padder = Padder(windows, channels, context, -np.inf)
    y, image = context.empty(context.shape), context.zeros((*windows.padded_size, channels))
    winner, unclaimed = context.empty(context.shape, bool), context.empty(context.shape, bool)
    offsets = [slices for _, slices in windows.offsets()]
    inputs = [y]  # the last padded input

    def forward(x: Array) -> Array:
        inputs[0] = padded = padder.pad(x)
        np.copyto(y, padded[offsets[0]])
        for slices in offsets[1:]:
            np.maximum(y, padded[slices], out=y)
        return y

    def backward(dy: Array) -> Array:
        image.fill(0)
        unclaimed.fill(True)
        for slices in offsets:
            np.equal(inputs[0][slices], y, out=winner)
            np.logical_and(winner, unclaimed, out=winner)
            np.logical_xor(unclaimed, winner, out=unclaimed)
            image[slices] += dy * winner
        return np.ascontiguousarray(image[windows.interior])

    return forward, backward


def average_pooling2d(layer: AveragePooling2D, context: RuleContext) -> tuple[Forward, Backward]:
    """y = mean over each window without padding; dx = dy / count at each of its positions."""
    windows, channels = pool_windows(context.node), context.shape[-1]
    padder = Padder(windows, channels, context)
    y, image = context.empty(context.shape), context.zeros((*windows.padded_size, channels))
    counts_per_window = window_counts(windows, context.dtype)
    offsets = [slices for _, slices in windows.offsets()]

    def forward(x: Array) -> Array:
        padded = padder.pad(x)
        y.fill(0)
        for slices in offsets:
            np.add(y, padded[slices], out=y)
        return np.divide(y, counts_per_window, out=y)

    def backward(dy: Array) -> Array:
        image.fill(0)
        dy_per_value = dy / counts_per_window
        for slices in offsets:
            image[slices] += dy_per_value
        return np.ascontiguousarray(image[windows.interior])

    return forward, backward


def window_counts(windows: Windows, dtype: Any) -> Array:
    """Number of values in each window that are not padding, (1, height, width, 1)."""
    image = np.zeros((1, *windows.padded_size, 1), dtype)
    image[windows.interior] = 1
    return np.sum([image[slices] for _, slices in windows.offsets()], axis=0, dtype=dtype)
