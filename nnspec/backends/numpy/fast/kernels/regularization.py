"""Layers that are random in training: drawn once for the whole batch, applied block by block."""

from __future__ import annotations

from functools import partial

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy.fast.blocks import Space, Wire
from nnspec.backends.numpy.fast.plan import Kernel
from nnspec.components.layers.regularization import Dropout, SpatialDropout2D


def noise(space: Space, x: Wire) -> Kernel:
    """y = x mask / (1 - rate) for both drop-outs, x + noise for Gaussian noise."""
    if not space.training:
        return Kernel(x)
    drawn: list[Array] = [np.empty(0)]

    def draw() -> None:
        drawn[0] = space.workspace.noise()

    layer = space.node.layer
    if isinstance(layer, Dropout | SpatialDropout2D):
        return _dropout(space, x, drawn, 1 / (1 - layer.rate))._replace(before=[draw])
    return _added(space, x, drawn)._replace(before=[draw])


def _dropout(space: Space, x: Wire, drawn: list[Array], factor: float) -> Kernel:
    y = x._replace(values=space.buffers(space.shape), free=True)
    shape = space.workspace.noise().shape[1:]
    scales = space.buffers(shape)

    def forward(block: slice, x: Array, y: Array, scale: Array) -> None:
        mask = drawn[0][block]
        np.multiply(np.moveaxis(mask, 0, 2) if scale.ndim == 4 else mask, factor, out=scale)
        np.multiply(x, scale, out=y)

    ways = zip(space.blocks.spans, x.values, y.values, scales, strict=True)
    backs = zip(y.gradients, scales, strict=True)
    return Kernel(
        y,
        [[partial(forward, *way) for way in ways]],
        [[partial(np.multiply, dy, scale, out=dy) for dy, scale in backs]],
    )


def _added(space: Space, x: Wire, drawn: list[Array]) -> Kernel:
    y = x._replace(values=space.buffers(space.shape), free=True)

    def forward(block: slice, x: Array, y: Array) -> None:
        np.add(x, drawn[0][block].astype(space.dtype), out=y)

    ways = zip(space.blocks.spans, map(x.by_rows, x.values), map(y.by_rows, y.values), strict=True)
    return Kernel(y, [[partial(forward, *way) for way in ways]])
