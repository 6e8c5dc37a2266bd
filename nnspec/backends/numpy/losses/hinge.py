"""Losses of margins."""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.losses.formula import LossFormula
from nnspec.components.losses.base import Loss


def hinge(_: Loss) -> LossFormula:
    """L = max(1 - s p, 0), dL/dp = -s where s p < 1, for s = 1 where y > 0, else -1."""

    def gradient(p: Array, y: Array) -> Array:
        return -_signs(y) * (_slack(p, y) > 0)

    return LossFormula(_slack, gradient)


def squared_hinge(_: Loss) -> LossFormula:
    """L = max(1 - s p, 0)^2, dL/dp = -2 s max(1 - s p, 0)."""
    return LossFormula(
        lambda p, y: np.square(_slack(p, y)), lambda p, y: -2 * _signs(y) * _slack(p, y)
    )


def categorical_hinge(_: Loss) -> LossFormula:
    """L = max(1 + max_m (1 - y_m) p_m - sum_m y_m p_m, 0); the first of equal ones counts."""

    def elements(p: Array, y: Array) -> Array:
        return np.maximum(1 + ((1 - y) * p).max(axis=-1) - (y * p).sum(axis=-1), 0)

    def gradient(p: Array, y: Array) -> Array:
        largest = ((1 - y) * p).argmax(axis=-1)
        wrong = np.arange(p.shape[-1]) == largest[..., None]
        return (wrong * (1 - y) - y) * (elements(p, y) > 0)[..., None]

    return LossFormula(elements, gradient, reduced_axis=-1)


def _signs(y: Array) -> Array:
    """-1 or 1, in the type of y."""
    return (y > 0).astype(y.dtype) * 2 - 1


def _slack(p: Array, y: Array) -> Array:
    return np.maximum(1 - _signs(y) * p, 0)
