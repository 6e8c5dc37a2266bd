"""Losses of distributions, per row, and of counts, per element."""

from __future__ import annotations

from keras import ops

from nnspec.backends.keras.losses.formula import EPSILON, Formula, at_least, at_most
from nnspec.backends.keras.rules import Numerics, Tensor
from nnspec.components.losses.base import Loss


def kl_divergence(_: Loss, numerics: Numerics) -> Formula:
    """sum_m y_m ln(y_m / p_m) with y and p clipped to [1e-7, 1]."""

    def clipped(x: Tensor) -> Tensor:
        return at_most(1, at_least(EPSILON, x, numerics), numerics)

    def formula(p: Tensor, y: Tensor) -> Tensor:
        y = clipped(y)
        return ops.sum(y * ops.log(y / clipped(p)), axis=-1)

    return formula


def poisson(_: Loss, numerics: Numerics) -> Formula:
    """p - y ln(p + 1e-7)."""
    epsilon = numerics.constant(EPSILON)
    return lambda p, y: p - y * ops.log(p + epsilon)
