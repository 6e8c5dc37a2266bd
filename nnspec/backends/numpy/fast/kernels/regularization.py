"""Layers that are random in training: drawn once for the whole batch, applied block by block."""

from __future__ import annotations

from functools import partial

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy.fast.blocks import BlockContext, BlockedTensor
from nnspec.backends.numpy.fast.plan import Kernel
from nnspec.components.layers.regularization import Dropout, SpatialDropout2D


def noise(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = x mask / (1 - rate) for both drop-outs, x + noise for Gaussian noise."""
    if not context.training:
        return Kernel(x)
    drawn: list[Array] = [np.empty(0)]

    def draw() -> None:
        drawn[0] = context.reference_context.noise()

    layer = context.node.layer
    if isinstance(layer, Dropout | SpatialDropout2D):
        return _dropout(context, x, drawn, 1 / (1 - layer.rate))._replace(before=[draw])
    return _added(context, x, drawn)._replace(before=[draw])


def _dropout(context: BlockContext, x: BlockedTensor, drawn: list[Array], factor: float) -> Kernel:
    y = x._replace(values=context.buffers(context.shape), overwritable=True)
    shape = context.reference_context.noise().shape[1:]
    scales = context.buffers(shape)

    def forward(block: slice, x: Array, y: Array, scale: Array) -> None:
        mask = drawn[0][block]
        np.multiply(np.moveaxis(mask, 0, 2) if scale.ndim == 4 else mask, factor, out=scale)
        np.multiply(x, scale, out=y)

    ways = zip(context.blocks.spans, x.values, y.values, scales, strict=True)
    backs = zip(y.gradients, scales, strict=True)
    return Kernel(
        y,
        [[partial(forward, *way) for way in ways]],
        [[partial(np.multiply, dy, scale, out=dy) for dy, scale in backs]],
    )


def _added(context: BlockContext, x: BlockedTensor, drawn: list[Array]) -> Kernel:
    y = x._replace(values=context.buffers(context.shape), overwritable=True)

    def forward(block: slice, x: Array, y: Array) -> None:
        np.add(x, drawn[0][block].astype(context.dtype), out=y)

    ways = zip(
        context.blocks.spans, map(x.by_rows, x.values), map(y.by_rows, y.values), strict=True
    )
    return Kernel(y, [[partial(forward, *way) for way in ways]])
