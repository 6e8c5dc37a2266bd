"""Rules of pooling. A tied maximum counts at the window's first position in row-major order."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.reference.context import Backward, Forward, RuleContext
from nnspec.backends.numpy.windows import Windows, pool_windows
from nnspec.components.layers.global_pooling import GlobalPooling
from nnspec.components.layers.pooling import Pooling


def max_pooling(_: Pooling, context: RuleContext) -> Forward:
    """y = max over each window; dx = dy at the first position of the maximum, else 0."""
    windows = pool_windows(context.node)
    offsets = [slices for _, slices in windows.offsets()]

    def forward(x: Array) -> tuple[Array, Backward]:
        padded = windows.pad(x, -np.inf)
        y = padded[offsets[0]].copy()
        for slices in offsets[1:]:
            np.maximum(y, padded[slices], out=y)

        def backward(dy: Array) -> tuple[Array]:
            image, unclaimed = np.zeros_like(padded), np.ones(y.shape, bool)
            for slices in offsets:
                winner = (padded[slices] == y) & unclaimed
                unclaimed ^= winner
                image[slices] += dy * winner
            return (np.ascontiguousarray(image[windows.interior]),)

        return y, backward

    return forward


def average_pooling(_: Pooling, context: RuleContext) -> Forward:
    """y = mean over each window without padding; dx = dy / count at each of its positions."""
    windows = pool_windows(context.node)
    counts_per_window = window_counts(windows, context.dtype)
    offsets = [slices for _, slices in windows.offsets()]

    def forward(x: Array) -> tuple[Array, Backward]:
        padded = windows.pad(x)
        total = padded[offsets[0]].copy()
        for slices in offsets[1:]:
            total += padded[slices]

        def backward(dy: Array) -> tuple[Array]:
            image, dy_per_value = np.zeros_like(padded), dy / counts_per_window
            for slices in offsets:
                image[slices] += dy_per_value
            return (np.ascontiguousarray(image[windows.interior]),)

        return total / counts_per_window, backward

    return forward


def window_counts(windows: Windows, dtype: Any) -> Array:
    """Number of values in each window that are not padding, (1, *output, 1)."""
    image = np.zeros((1, *windows.padded_size, 1), dtype)
    image[windows.interior] = 1
    return np.sum([image[slices] for _, slices in windows.offsets()], axis=0, dtype=dtype)


def global_average_pooling(layer: GlobalPooling, _: RuleContext) -> Forward:
    """y = mean over the spatial axes; dx = dy / their size at each position."""
    axes = tuple(range(1, layer.rank + 1))

    def forward(x: Array) -> tuple[Array, Backward]:
        def backward(dy: Array) -> tuple[Array]:
            dx = np.empty_like(x)
            dx[...] = dy.reshape(len(x), *(1,) * layer.rank, -1) / prod(x.shape[1:-1])
            return (dx,)

        return x.mean(axis=axes, keepdims=layer.keepdims), backward

    return forward


def global_max_pooling(_: GlobalPooling, context: RuleContext) -> Forward:
    """y = max over the spatial axes; dx = dy at its first position in row-major order, else 0."""
    shape = context.node.shape

    def forward(x: Array) -> tuple[Array, Backward]:
        pixels = x.reshape(len(x), -1, x.shape[-1])
        first = pixels.argmax(axis=1)[:, None]

        def backward(dy: Array) -> tuple[Array]:
            dx = np.zeros_like(pixels)
            np.put_along_axis(dx, first, dy.reshape(first.shape), axis=1)
            return (dx.reshape(x.shape),)

        return np.take_along_axis(pixels, first, axis=1).reshape(len(x), *shape), backward

    return forward
