"""Rules of pooling to a given size. A tied maximum counts at the bin's first position."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.reference.context import Backward, Forward, RuleContext
from nnspec.components.layers.adaptive_pooling import AdaptivePooling, bins
from nnspec.graph.ir import Node

_Index = tuple[slice | int, ...]


def adaptive_average_pooling(_: AdaptivePooling, context: RuleContext) -> Forward:
    """y = mean over each bin; dx = dy / count at each of its positions."""
    windows, shape = list(_windows(context.node)), context.node.shape
    axes = tuple(range(1, len(shape)))

    def forward(x: Array) -> tuple[Array, Backward]:
        y = np.empty((len(x), *shape), x.dtype)
        for place, window in windows:
            y[place] = x[window].mean(axis=axes)

        def backward(dy: Array) -> tuple[Array]:
            dx = np.zeros_like(x)
            for place, window in windows:
                values = dx[window]
                count = values[0, ..., 0].size
                values += np.expand_dims(dy[place] / count, axes)
            return (dx,)

        return y, backward

    return forward


def adaptive_max_pooling(_: AdaptivePooling, context: RuleContext) -> Forward:
    """y = max over each bin; dx = dy at its first position in row-major order, else 0."""
    windows, shape = list(_windows(context.node)), context.node.shape

    def forward(x: Array) -> tuple[Array, Backward]:
        y, firsts = np.empty((len(x), *shape), x.dtype), []
        for place, window in windows:
            values = x[window].reshape(len(x), -1, shape[-1])
            firsts.append(values.argmax(axis=1)[:, None])
            y[place] = values.max(axis=1)

        def backward(dy: Array) -> tuple[Array]:
            dx = np.zeros_like(x)
            for (place, window), first in zip(windows, firsts, strict=True):
                values = np.zeros_like(dx[window]).reshape(len(x), -1, shape[-1])
                np.put_along_axis(values, first, dy[place][:, None], axis=1)
                dx[window] += values.reshape(dx[window].shape)
            return (dx,)

        return y, backward

    return forward


def _windows(node: Node) -> Iterator[tuple[_Index, _Index]]:
    """The index of each output in (rows, *output_size), and the slices of its bin in x."""
    axes = zip(node.input_shapes[0][:-1], node.shape[:-1], strict=True)
    for found in product(*(enumerate(bins(*axis)) for axis in axes)):
        place: _Index = (slice(None), *(index for index, _ in found))
        yield place, (slice(None), *(slice(*span) for _, span in found))
