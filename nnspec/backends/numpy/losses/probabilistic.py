"""Losses of distributions and counts."""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.losses.formula import EPSILON, LossFormula
from nnspec.components.losses.base import Loss


def kl_divergence(_: Loss) -> LossFormula:
    """L = sum_m y_m ln(y_m / p_m) with y and p clipped to [1e-7, 1], dL/dp = -y / p."""

    def elements(p: Array, y: Array) -> Array:
        y = _clip(y)
        return (y * np.log(y / _clip(p))).sum(axis=-1)

    def gradient(p: Array, y: Array) -> Array:
        q = _clip(p)
        return -_clip(y) / q * (p == q)

    return LossFormula(elements, gradient, reduced_axis=-1)


def poisson(_: Loss) -> LossFormula:
    """L = p - y ln(p + 1e-7), dL/dp = 1 - y / (p + 1e-7)."""
    return LossFormula(lambda p, y: p - y * np.log(p + EPSILON), lambda p, y: 1 - y / (p + EPSILON))


def _clip(p: Array) -> Array:
    return np.clip(p, EPSILON, 1)
