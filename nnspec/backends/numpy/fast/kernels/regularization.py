"""Kernels of dropout and Gaussian noise: drawn once per batch, applied block by block."""

from __future__ import annotations

from functools import partial

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.blocks import BlockedTensor
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.plan import Kernel
from nnspec.components.layers.regularization import MaskLayer


def noise(context: BlockContext, x: BlockedTensor) -> Kernel:
    """Dropout: y = x mask / (1 - rate), dx = dy mask / (1 - rate); Gaussian: y = x + noise."""
    if not context.training:
        return Kernel(x)
    batch_noise: list[Array] = [np.empty(0)]

    def draw_noise() -> None:
        batch_noise[0] = context.reference_context().noise(context.blocks.rows)

    layer = context.node.layer
    if isinstance(layer, MaskLayer):
        return _dropout(context, x, batch_noise, 1 / (1 - layer.rate))._replace(
            batch_start=[draw_noise]
        )
    return _additive(context, x, batch_noise)._replace(batch_start=[draw_noise])


def _dropout(
    context: BlockContext, x: BlockedTensor, batch_noise: list[Array], scale_factor: float
) -> Kernel:
    y = context.allocate_like(x, overwritable=True)
    declared = context.node.layer.noise(*context.node.input_shapes)
    assert declared is not None  # noqa: S101
    scales = context.blocks.buffers(declared.shape, x.layout)

    rows_first = x.rows_first

    def forward(block: slice, x: Array, y: Array, scale: Array) -> None:
        mask = batch_noise[0][block]
        np.multiply(mask, scale_factor, out=rows_first(scale))
        np.multiply(x, scale, out=y)

    forward_arguments = zip(context.blocks.spans, x.values, y.values, scales, strict=True)
    backward_arguments = zip(y.gradients, scales, strict=True)
    return Kernel(
        y,
        [[partial(forward, *arguments) for arguments in forward_arguments]],
        [[partial(np.multiply, dy, scale, out=dy) for dy, scale in backward_arguments]],
    )


def _additive(context: BlockContext, x: BlockedTensor, batch_noise: list[Array]) -> Kernel:
    y = context.allocate_like(x, overwritable=True)

    def forward(block: slice, x: Array, y: Array) -> None:
        np.add(x, batch_noise[0][block].astype(context.dtype), out=y)

    forward_arguments = zip(
        context.blocks.spans, map(x.rows_first, x.values), map(y.rows_first, y.values), strict=True
    )
    return Kernel(y, [[partial(forward, *arguments) for arguments in forward_arguments]])
