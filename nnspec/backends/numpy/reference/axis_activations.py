"""Rules of activations along an axis; axis 0 is that of the rows."""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.reference.activations import logistic
from nnspec.backends.numpy.reference.context import Backward, Forward, RuleContext
from nnspec.components.layers.axis_activations import GLU, LogSoftmax


def log_softmax(layer: LogSoftmax, _: RuleContext) -> Forward:
    """y = z - ln(sum e^z), z = x - max x; dx = dy - e^y sum dy, both along `axis`."""
    axis = layer.axis

    def forward(x: Array) -> tuple[Array, Backward]:
        z = x - x.max(axis=axis, keepdims=True)
        y = z - np.log(np.exp(z).sum(axis=axis, keepdims=True))
        return y, lambda dy: (dy - np.exp(y) * dy.sum(axis=axis, keepdims=True),)

    return forward


def glu(layer: GLU, _: RuleContext) -> Forward:
    """y = a s, s = 1 / (1 + e^-b); da = dy s, db = dy a s (1 - s)."""
    axis = layer.axis

    def forward(x: Array) -> tuple[Array, Backward]:
        a, b = np.split(x, 2, axis)
        s = logistic(b, np.empty_like(b))
        return a * s, lambda dy: (np.concatenate([dy * s, dy * a * (s * (1 - s))], axis),)

    return forward
