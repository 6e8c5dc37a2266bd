"""Formulas of each loss for one row, with the derivative with respect to the network's output.

A loss that is fused with the last activation, as cross-entropy with softmax, is differentiated with
respect to that activation's input z; there the product of both derivatives reduces to `a - y`.
"""

from __future__ import annotations

from functools import singledispatch
from math import prod
from typing import NamedTuple

import numpy as np

from nnspec.analysis.backprop.activations import Floats
from nnspec.components.losses.base import Loss
from nnspec.components.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
)
from nnspec.components.losses.focal import BinaryFocalCrossentropy, CategoricalFocalCrossentropy
from nnspec.components.losses.regression import HalfSquaredError, MeanSquaredError

CLIP = 1e-7  # without fusion probabilities are clipped to [CLIP, 1 - CLIP]


SmoothedLoss = (
    BinaryCrossentropy
    | CategoricalCrossentropy
    | BinaryFocalCrossentropy
    | CategoricalFocalCrossentropy
)


class LossFormula(NamedTuple):
    """A loss, and its derivative with respect to the argument `a` or `z`."""

    value: float
    derivative: Floats


@singledispatch
def loss_formula(loss: Loss, a: Floats, y: Floats) -> LossFormula:
    """L(a, y) for outputs `a` and targets `y`, and dL/da."""
    raise TypeError(f"there is no formula for {loss.kind}")


@singledispatch
def fused_loss_formula(loss: Loss, z: Floats, y: Floats) -> LossFormula:
    """L(g(z), y) for the input `z` of the fused activation g, and dL/dz."""
    raise TypeError(f"there is no formula for {loss.kind}")


def has_formula(loss: Loss) -> bool:
    """Whether this package has a formula for a loss."""
    return loss_formula.dispatch(type(loss)) is not loss_formula.dispatch(object)


@loss_formula.register
def _(_: MeanSquaredError, a: Floats, y: Floats) -> LossFormula:
    """mean (y - a)^2, and 2 (a - y) / n."""
    return LossFormula(((y - a) ** 2).mean(), 2 * (a - y) / a.size)


@loss_formula.register
def _(_: HalfSquaredError, a: Floats, y: Floats) -> LossFormula:
    """mean 1/2 (y - a)^2, and (a - y) / n."""
    return LossFormula(((y - a) ** 2 / 2).mean(), (a - y) / a.size)


@loss_formula.register
def _(loss: BinaryCrossentropy, a: Floats, y: Floats) -> LossFormula:
    """mean -[y ln a + (1 - y) ln(1 - a)], and [(1 - y) / (1 - a) - y / a] / n."""
    y, p = smoothed(loss, y, 2), np.clip(a, CLIP, 1 - CLIP)
    value = -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()
    return LossFormula(value, ((1 - y) / (1 - p) - y / p) * (p == a) / a.size)


@fused_loss_formula.register
def _(loss: BinaryCrossentropy, z: Floats, y: Floats) -> LossFormula:
    """mean [y ln(1 + e^-z) + (1 - y) ln(1 + e^z)], and (a - y) / n with a = sigmoid(z)."""
    y, a = smoothed(loss, y, 2), 1 / (1 + np.exp(-z))
    value = (y * np.logaddexp(0, -z) + (1 - y) * np.logaddexp(0, z)).mean()
    return LossFormula(value, (a - y) / z.size)


@loss_formula.register
def _(loss: CategoricalCrossentropy, a: Floats, y: Floats) -> LossFormula:
    """-sum_m y_m ln p_m, p = a / sum a; dL/dp = -y / p, dL/da = (dL/dp - sum dL/dp p) / sum a."""
    y, total = smoothed(loss, y, y.shape[-1]), a.sum(axis=-1, keepdims=True)
    share, p = a / total, np.clip(a / total, CLIP, 1 - CLIP)
    dp = -y / p * (p == share)
    da = (dp - (dp * share).sum(axis=-1, keepdims=True)) / total
    rows = prod(a.shape[:-1])
    return LossFormula(-(y * np.log(p)).sum() / rows, da / rows)


@fused_loss_formula.register
def _(loss: CategoricalCrossentropy, z: Floats, y: Floats) -> LossFormula:
    """-sum_m y_m ln a_m, and a sum_m y_m - y with a = softmax(z)."""
    y = smoothed(loss, y, y.shape[-1])
    shifted = z - z.max(axis=-1, keepdims=True)
    log_a = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    rows = prod(z.shape[:-1])
    dz = np.exp(log_a) * y.sum(axis=-1, keepdims=True) - y
    return LossFormula(-(y * log_a).sum() / rows, dz / rows)


@loss_formula.register
def _(_: SparseCategoricalCrossentropy, a: Floats, y: Floats) -> LossFormula:
    """Categorical cross-entropy of the one-hot row of class y."""
    return loss_formula(CategoricalCrossentropy(), a, one_hot(y, a))


@fused_loss_formula.register
def _(_: SparseCategoricalCrossentropy, z: Floats, y: Floats) -> LossFormula:
    return fused_loss_formula(CategoricalCrossentropy(), z, one_hot(y, z))


def smoothed(loss: SmoothedLoss, y: Floats, classes: int) -> Floats:
    """(1 - s) y + s / classes, with the loss's label smoothing s."""
    s = loss.label_smoothing
    return (1 - s) * y + s / classes


def one_hot(y: Floats, like: Floats) -> Floats:
    """1 at the class y and 0 elsewhere, shaped as `like`."""
    return (np.arange(like.shape[-1]) == y[..., None]).astype(np.float64)
