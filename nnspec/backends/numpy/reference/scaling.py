"""Rules of layers that multiply by numbers and add numbers."""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.reference.context import Backward, Forward, RuleContext
from nnspec.components.layers.scaling import (
    MIN_DEVIATION,
    LayerScale,
    Normalization,
    Rescaling,
)


def layer_scale(_: LayerScale, context: RuleContext) -> Forward:
    """y = gamma x; dx = gamma dy, dgamma = sum dy x over all axes but the last."""
    gamma = context.weight("gamma")

    def forward(x: Array) -> tuple[Array, Backward]:
        def backward(dy: Array) -> tuple[Array]:
            context.add_gradient("gamma", (dy * x).sum(axis=tuple(range(x.ndim - 1))))
            return (dy * gamma,)

        return x * gamma, backward

    return forward


def rescaling(layer: Rescaling, context: RuleContext) -> Forward:
    """y = scale x + offset; dx = scale dy."""
    scale, offset = (np.asarray(n, context.dtype) for n in (layer.scale, layer.offset))
    return lambda x: (x * scale + offset, lambda dy: (dy * scale,))


def normalization(layer: Normalization, context: RuleContext) -> Forward:
    """y = (x - mean) / deviation, dx = dy / deviation; or y = x deviation + mean."""
    shape = layer.broadcast_shape(context.node.input_shapes[0])
    given = layer.mean is not None

    def numbers() -> tuple[Array, Array]:
        names = ("mean", "variance")
        found = (getattr(layer, n) if given else context.weight(n) for n in names)
        mean, variance = (np.asarray(n, context.dtype).reshape(shape) for n in found)
        return mean, np.maximum(np.sqrt(variance), context.dtype.type(MIN_DEVIATION))

    def forward(x: Array) -> tuple[Array, Backward]:
        mean, deviation = numbers()
        if layer.invert:
            return x * deviation + mean, lambda dy: (dy * deviation,)
        return (x - mean) / deviation, lambda dy: (dy / deviation,)

    return forward
