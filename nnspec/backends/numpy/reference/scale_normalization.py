"""Rules of normalization layers that divide by a root of squares."""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.channel_windows import channel_windows
from nnspec.backends.numpy.reference.context import Backward, Forward, RuleContext
from nnspec.components.layers.scale_normalization import (
    MIN_NORM,
    LocalResponseNormalization,
    RMSNormalization,
    UnitNormalization,
)


def unit_normalization(layer: UnitNormalization, _: RuleContext) -> Forward:
    """y = x / r, r = max(|x|, 1e-12); dx = (dy - y sum(dy y)) / r, or dy / r where r is 1e-12."""
    axes = layer.axis

    def forward(x: Array) -> tuple[Array, Backward]:
        norm = np.sqrt(np.square(x).sum(axis=axes, keepdims=True))
        divisor, is_long = np.maximum(norm, x.dtype.type(MIN_NORM)), norm > MIN_NORM
        y = x / divisor

        def backward(dy: Array) -> tuple[Array]:
            along = (dy * y).sum(axis=axes, keepdims=True) * is_long
            return ((dy - y * along) / divisor,)

        return y, backward

    return forward


def rms_normalization(layer: RMSNormalization, context: RuleContext) -> Forward:
    """y = scale n, with n = x / r and r = sqrt(mean x^2 + epsilon).

    dx = (g - n mean(g n)) / r, with g = scale dy; dscale = sum dy n over rows and the other axes.
    """
    shape, axes = context.node.shape, layer.axis
    kept = {axis % len(shape) for axis in axes}
    scale = context.weight("scale")
    fitted = scale.reshape([size if i in kept else 1 for i, size in enumerate(shape)])
    others = (0, *(i + 1 for i in range(len(shape)) if i not in kept))

    def forward(x: Array) -> tuple[Array, Backward]:
        root = np.sqrt(np.square(x).mean(axis=axes, keepdims=True) + layer.epsilon)
        n = x / root

        def backward(dy: Array) -> tuple[Array]:
            context.add_gradient("scale", (dy * n).sum(axis=others).reshape(scale.shape))
            g = dy * fitted
            return ((g - n * (g * n).mean(axis=axes, keepdims=True)) / root,)

        return n * fitted, backward

    return forward


def local_response_normalization(
    layer: LocalResponseNormalization, context: RuleContext
) -> Forward:
    """y = x d^-beta, d = k + c x^2 W, with c = alpha / size and W the windows of channels.

    dx = dy d^-beta - 2 beta c x (dy x d^(-beta - 1)) W^T.
    """
    windows = channel_windows(layer.size, context.node.shape[-1], context.dtype)
    factor, beta = layer.alpha / layer.size, layer.beta

    def forward(x: Array) -> tuple[Array, Backward]:
        divisor = layer.k + factor * (np.square(x) @ windows)
        power = divisor**-beta

        def backward(dy: Array) -> tuple[Array]:
            shared = (dy * x * power / divisor) @ windows.T
            return (dy * power - (2 * beta * factor) * x * shared,)

        return x * power, backward

    return forward
