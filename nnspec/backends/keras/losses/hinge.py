"""Losses of margins; the derivative where a margin is just reached is 0."""

from __future__ import annotations

from keras import ops

from nnspec.backends.keras.losses.formula import Formula
from nnspec.backends.keras.rules import Numerics, Tensor
from nnspec.components.losses.base import Loss


def hinge(_: Loss, __: Numerics) -> Formula:
    """max(1 - s p, 0) for s = 1 where y > 0, else -1."""
    return _slack


def squared_hinge(_: Loss, __: Numerics) -> Formula:
    """max(1 - s p, 0)^2."""
    return lambda p, y: ops.square(_slack(p, y))


def categorical_hinge(_: Loss, __: Numerics) -> Formula:
    """max(1 + max_m (1 - y_m) p_m - sum_m y_m p_m, 0); the first of equal ones counts."""

    def formula(p: Tensor, y: Tensor) -> Tensor:
        wrong = (1 - y) * p
        first = ops.one_hot(ops.argmax(wrong, axis=-1), p.shape[-1], dtype=p.dtype)
        return _positive_part(1 + ops.sum(wrong * first, axis=-1) - ops.sum(y * p, axis=-1))

    return formula


def _slack(p: Tensor, y: Tensor) -> Tensor:
    return _positive_part(1 - ops.where(y > 0, p, -p))


def _positive_part(x: Tensor) -> Tensor:
    return ops.where(x > 0, x, ops.zeros_like(x))
