"""Rules of dropout and Gaussian noise; outside training both are the identity."""

from __future__ import annotations

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.reference.context import Backward, Forward, RuleContext
from nnspec.backends.numpy.reference.reshaping import identity
from nnspec.components.layers.regularization import Dropout, GaussianNoise, SpatialDropout2D


def dropout(layer: Dropout | SpatialDropout2D, context: RuleContext) -> Forward:
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
