"""Rules of layers that move numbers: flatten, reshape, permute; and identity."""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.reference.context import Backward, Forward, RuleContext
from nnspec.components.layers.base import Layer
from nnspec.components.layers.reshaping import Flatten, Permute, RepeatVector, Reshape


def reshape(_: Flatten | Reshape, context: RuleContext) -> Forward:
    """y = x in another shape, in row-major order."""
    shape = context.node.shape

    def forward(x: Array) -> tuple[Array, Backward]:
        return x.reshape(len(x), *shape), lambda dy: (dy.reshape(x.shape),)

    return forward


def identity(_: Layer, __: RuleContext) -> Forward:
    """y = x."""
    return lambda x: (x, lambda dy: (dy,))


def permute(layer: Permute, _: RuleContext) -> Forward:
    """y = x with its axes in another order; dx = dy with its axes in the first order."""
    order = (0, *layer.dims)
    inverse = np.argsort(order)

    def forward(x: Array) -> tuple[Array, Backward]:
        return x.transpose(order), lambda dy: (dy.transpose(inverse),)

    return forward


def repeat_vector(layer: RepeatVector, _: RuleContext) -> Forward:
    """y_i = x for i < n; dx = sum_i dy_i."""

    def forward(x: Array) -> tuple[Array, Backward]:
        return np.repeat(x[:, None], layer.n, axis=1), lambda dy: (dy.sum(axis=1),)

    return forward
