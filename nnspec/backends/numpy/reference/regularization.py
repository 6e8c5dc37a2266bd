"""Rules of dropout and Gaussian noise; outside training both are the identity."""

from __future__ import annotations

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy.reference.context import Backward, Forward, RuleContext
from nnspec.backends.numpy.reference.reshaping import identity
from nnspec.components.layers.regularization import Dropout, GaussianNoise, SpatialDropout2D


def dropout(layer: Dropout | SpatialDropout2D, context: RuleContext) -> tuple[Forward, Backward]:
    """y = x mask / (1 - rate); dx = dy mask / (1 - rate)."""
    if not context.training:
        return identity(layer, context)
    y = context.empty(context.shape)
    scale = [y]  # mask / (1 - rate) of the last update

    def forward(x: Array) -> Array:
        scale[0] = context.noise() * context.dtype.type(1 / (1 - layer.rate))
        return np.multiply(x, scale[0], out=y)

    def backward(dy: Array) -> Array:
        return np.multiply(dy, scale[0], out=dy)

    return forward, backward


def gaussian_noise(layer: GaussianNoise, context: RuleContext) -> tuple[Forward, Backward]:
    """y = x + noise; dx = dy."""
    if not context.training:
        return identity(layer, context)
    y = context.empty(context.shape)

    def forward(x: Array) -> Array:
        return np.add(x, context.noise().astype(context.dtype), out=y)

    return forward, lambda dy: dy
