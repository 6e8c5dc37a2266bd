"""Rules of activations along an axis; axis 0 is that of the rows."""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.reference.activations import logistic
from nnspec.backends.numpy.reference.context import Backward, Forward, RuleContext
from nnspec.components.layers.axis_activations import GLU, LogSoftmax, Sparsemax


def log_softmax(layer: LogSoftmax, _: RuleContext) -> Forward:
    """y = z - ln(sum e^z), z = x - max x; dx = dy - e^y sum dy, both along `axis`."""
    axis = layer.axis

    def forward(x: Array) -> tuple[Array, Backward]:
        z = x - x.max(axis=axis, keepdims=True)
        y = z - np.log(np.exp(z).sum(axis=axis, keepdims=True))
        return y, lambda dy: (dy - np.exp(y) * dy.sum(axis=axis, keepdims=True),)

    return forward


def sparsemax(layer: Sparsemax, _: RuleContext) -> Forward:
    """y = max(x - tau, 0); dx = dy - its mean where y > 0, else 0, both along `axis`."""
    axis = layer.axis

    def forward(x: Array) -> tuple[Array, Backward]:
        counts = np.arange(1, x.shape[axis] + 1).reshape(-1, *(1,) * (x.ndim - 1))
        descending = -np.sort(-x, axis=axis)
        averages = (descending.cumsum(axis=axis) - 1) / np.moveaxis(counts, 0, axis)
        y = np.maximum(x - averages.max(axis=axis, keepdims=True).astype(x.dtype), 0)

        def backward(dy: Array) -> tuple[Array]:
            support = y > 0
            size = support.sum(axis=axis, keepdims=True)
            mean = (dy * support).sum(axis=axis, keepdims=True) / size
            return (((dy - mean) * support).astype(dy.dtype),)

        return y, backward

    return forward


def glu(layer: GLU, _: RuleContext) -> Forward:
    """y = a s, s = 1 / (1 + e^-b); da = dy s, db = dy a s (1 - s)."""
    axis = layer.axis

    def forward(x: Array) -> tuple[Array, Backward]:
        a, b = np.split(x, 2, axis)
        s = logistic(b, np.empty_like(b))
        return a * s, lambda dy: (np.concatenate([dy * s, dy * a * (s * (1 - s))], axis),)

    return forward
