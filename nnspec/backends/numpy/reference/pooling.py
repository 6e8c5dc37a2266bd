"""Rules for pooling. A tie goes to the first element of the window in row-major order."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy.reference.context import Backward, Forward, RuleContext
from nnspec.backends.numpy.windows import Padding, Windows, pool_windows
from nnspec.components.layers.pooling import AveragePooling2D, MaxPooling2D


def max_pooling2d(layer: MaxPooling2D, context: RuleContext) -> tuple[Forward, Backward]:
    """y = the largest value of each window; dy goes to the first place that holds it."""
    windows, channels = pool_windows(context.node), context.shape[-1]
    frame = Padding(windows, channels, context, -np.inf)
    y, image = context.like(context.shape), context.zeros((*windows.padded, channels))
    winner, free = context.like(context.shape, bool), context.like(context.shape, bool)
    offsets = [seen for _, seen in windows.offsets()]
    kept = [y]  # the last padded input

    def forward(x: Array) -> Array:
        kept[0] = padded = frame.around(x)
        np.copyto(y, padded[offsets[0]])
        for seen in offsets[1:]:
            np.maximum(y, padded[seen], out=y)
        return y

    def backward(dy: Array) -> Array:
        image.fill(0)
        free.fill(True)
        for seen in offsets:
            np.equal(kept[0][seen], y, out=winner)
            np.logical_and(winner, free, out=winner)
            np.logical_xor(free, winner, out=free)
            image[seen] += dy * winner
        return np.ascontiguousarray(image[windows.inside])

    return forward, backward


def average_pooling2d(layer: AveragePooling2D, context: RuleContext) -> tuple[Forward, Backward]:
    """y = the mean of each window's values without padding; dy is shared out equally."""
    windows, channels = pool_windows(context.node), context.shape[-1]
    frame = Padding(windows, channels, context)
    y, image = context.like(context.shape), context.zeros((*windows.padded, channels))
    shares = counts(windows, context.dtype)
    offsets = [seen for _, seen in windows.offsets()]

    def forward(x: Array) -> Array:
        padded = frame.around(x)
        y.fill(0)
        for seen in offsets:
            np.add(y, padded[seen], out=y)
        return np.divide(y, shares, out=y)

    def backward(dy: Array) -> Array:
        image.fill(0)
        share = dy / shares
        for seen in offsets:
            image[seen] += share
        return np.ascontiguousarray(image[windows.inside])

    return forward, backward


def counts(windows: Windows, dtype: Any) -> Array:
    """How many values of each window are not padding, (1, height, width, 1)."""
    image = np.zeros((1, *windows.padded, 1), dtype)
    image[windows.inside] = 1
    return np.sum([image[seen] for _, seen in windows.offsets()], axis=0, dtype=dtype)
