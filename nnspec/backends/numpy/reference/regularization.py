"""Rules of dropout and Gaussian noise; outside training both are the identity."""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.reference.context import Backward, Forward, RuleContext
from nnspec.backends.numpy.reference.reshaping import identity
from nnspec.components.layers.regularization import (
    AlphaDropout,
    GaussianDropout,
    GaussianNoise,
    MaskLayer,
)


def dropout(layer: MaskLayer, context: RuleContext) -> Forward:
    """y = x mask / (1 - rate); dx = dy mask / (1 - rate)."""
    if not context.training:
        return identity(layer, context)

    def forward(x: Array) -> tuple[Array, Backward]:
        scale = context.noise(len(x)) * context.dtype.type(1 / (1 - layer.rate))
        return x * scale, lambda dy: (dy * scale,)

    return forward


def gaussian_noise(layer: GaussianNoise, context: RuleContext) -> Forward:
    """y = x + noise; dx = dy."""
    if not context.training:
        return identity(layer, context)

    def forward(x: Array) -> tuple[Array, Backward]:
        return x + context.noise(len(x)).astype(context.dtype), lambda dy: (dy,)

    return forward


def gaussian_dropout(layer: GaussianDropout, context: RuleContext) -> Forward:
    """y = x (1 + noise); dx = dy (1 + noise)."""
    if not context.training:
        return identity(layer, context)

    def forward(x: Array) -> tuple[Array, Backward]:
        factor = 1 + context.noise(len(x)).astype(context.dtype)
        return x * factor, lambda dy: (dy * factor,)

    return forward


def alpha_dropout(layer: AlphaDropout, context: RuleContext) -> Forward:
    """y = a x + b where the mask is 1, else a v + b, v the value of what is dropped; dx = a dy."""
    if not context.training:
        return identity(layer, context)
    a, dropped = layer.scale, layer.scale * layer.dropped_value

    def forward(x: Array) -> tuple[Array, Backward]:
        mask = context.noise(len(x))
        y = np.where(mask, a * x, x.dtype.type(dropped)) + layer.offset
        return y, lambda dy: (a * dy * mask,)

    return forward
