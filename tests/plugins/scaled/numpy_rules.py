"""The plug-in's rules for NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnspec.backends.numpy.losses import LossFormula
from nnspec.data.registry import TransformRule


def scaled(layer: Any, _: Any) -> Any:
    """y = factor x + shift; dx = factor dy."""
    return lambda x: (layer.factor * x + layer.shift, lambda dy: (layer.factor * dy,))


def swish(_: Any, __: Any) -> Any:
    """y = x s with s = sigmoid(x); dx = dy (s + y (1 - s))."""

    def forward(x: Any) -> Any:
        s = 1 / (1 + np.exp(-x))
        y = x * s
        return y, lambda dy: (dy * (s + y * (1 - s)),)

    return forward


cap = TransformRule(lambda step, _, x: x if step.top is None else np.minimum(x, step.top))


def cubic_error(_: Any) -> LossFormula:
    """|p - y|^3, and 3 (p - y) |p - y|."""
    return LossFormula(lambda p, y: abs(p - y) ** 3, lambda p, y: 3 * (p - y) * abs(p - y))


def within(metric: Any) -> Any:
    """1 where |p - y| is below the distance, averaged over a row."""
    return lambda p, y: (
        (abs(p - y) < metric.distance).astype(np.float64).reshape(len(p), -1).mean(1)
    )


def diagonal(of: Any, shape: tuple[int, ...], _: Any) -> Any:
    """The diagonal matrix."""
    return of.value * np.eye(*shape)
