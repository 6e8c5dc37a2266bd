"""Rules of enlargement by whole factors."""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.interpolation import linear_interpolation
from nnspec.backends.numpy.reference.context import Backward, Forward, RuleContext
from nnspec.components.layers.resampling import UpSampling


def up_sampling(layer: UpSampling, context: RuleContext) -> Forward:
    """y = x repeated, or interpolated, along each spatial axis."""
    if layer.interpolation == "bilinear":
        return _bilinear(layer, context)
    axes = tuple(range(1, layer.rank + 1))

    def forward(x: Array) -> tuple[Array, Backward]:
        y = x
        for axis, factor in zip(axes, layer.size, strict=True):
            y = np.repeat(y, factor, axis=axis)
        return y, lambda dy: (_sum_of_copies(dy, x, layer.size),)

    return forward


def _sum_of_copies(dy: Array, x: Array, factors: tuple[int, ...]) -> Array:
    """dx = the sum of dy over the copies of each value."""
    sizes = zip(x.shape[1:-1], factors, strict=True)
    split = dy.reshape(len(x), *(one for pair in sizes for one in pair), x.shape[-1])
    return split.sum(axis=tuple(range(2, split.ndim - 1, 2)))


def _bilinear(layer: UpSampling, context: RuleContext) -> Forward:
    """y = A x B' for each channel, with the matrices of both axes; dx = A' dy B."""
    down, across = (
        linear_interpolation(size, factor).astype(context.dtype)
        for size, factor in zip(context.node.input_shapes[0], layer.size, strict=False)
    )

    def forward(x: Array) -> tuple[Array, Backward]:
        return _both_axes(down, across, x), lambda dy: (_both_axes(down.T, across.T, dy),)

    return forward


def _both_axes(down: Array, across: Array, x: Array) -> Array:
    """Images (rows, height, width, channels), each axis multiplied by its matrix."""
    y = np.tensordot(x, down, (1, 1))  # (rows, width, channels, height)
    return np.tensordot(y, across, (1, 1)).transpose(0, 2, 3, 1)
