"""Formulas of focal losses: a cross-entropy b times a factor f, so L' = f' b + f b'."""

from __future__ import annotations

from math import prod

import numpy as np

from nnspec.analysis.backprop.activations import Floats
from nnspec.analysis.backprop.losses import (
    CLIP,
    LossFormula,
    fused_loss_formula,
    loss_formula,
    smoothed,
)
from nnspec.components.losses.focal import BinaryFocalCrossentropy, CategoricalFocalCrossentropy


@loss_formula.register
def _(loss: BinaryFocalCrossentropy, a: Floats, y: Floats) -> LossFormula:
    """mean f b, b = -y ln a - (1 - y) ln(1 - a), b' = (1 - y) / (1 - a) - y / a."""
    p, y = np.clip(a, CLIP, 1 - CLIP), smoothed(loss, y, 2)
    f, slope = _binary_factor(loss, p, y)
    b = -(y * np.log(p) + (1 - y) * np.log(1 - p))
    derivative = slope * b + f * ((1 - y) / (1 - p) - y / p)
    return LossFormula((f * b).mean(), derivative * (p == a) / a.size)


@fused_loss_formula.register
def _(loss: BinaryFocalCrossentropy, z: Floats, y: Floats) -> LossFormula:
    """mean f b of a = sigmoid(z), with db/dz = a - y and da/dz = a (1 - a)."""
    a, y = 1 / (1 + np.exp(-z)), smoothed(loss, y, 2)
    f, slope = _binary_factor(loss, a, y)
    b = y * np.logaddexp(0, -z) + (1 - y) * np.logaddexp(0, z)
    return LossFormula((f * b).mean(), (slope * a * (1 - a) * b + f * (a - y)) / z.size)


@loss_formula.register
def _(loss: CategoricalFocalCrossentropy, a: Floats, y: Floats) -> LossFormula:
    """-sum_m y_m f_m ln p_m, p = a / sum a; dL/da = (dL/dp - sum dL/dp p) / sum a."""
    y, total = smoothed(loss, y, y.shape[-1]), a.sum(axis=-1, keepdims=True)
    share, p = a / total, np.clip(a / total, CLIP, 1 - CLIP)
    f, slope = _class_factor(loss, p)
    dp = -y * (slope * np.log(p) + f / p) * (p == share)
    da = (dp - (dp * share).sum(axis=-1, keepdims=True)) / total
    rows = prod(a.shape[:-1])
    return LossFormula(-(y * f * np.log(p)).sum() / rows, da / rows)


@fused_loss_formula.register
def _(loss: CategoricalFocalCrossentropy, z: Floats, y: Floats) -> LossFormula:
    """-sum_m y_m f_m ln a_m of a = softmax(z); dL/dz_k = sum_m dL/da_m a_m ((m = k) - a_k)."""
    y, shifted = smoothed(loss, y, y.shape[-1]), z - z.max(axis=-1, keepdims=True)
    log_a = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    a = np.exp(log_a)
    f, slope = _class_factor(loss, a)
    times_a = -y * (slope * a * log_a + f)  # dL/da_m a_m
    rows = prod(z.shape[:-1])
    derivative = times_a - a * times_a.sum(axis=-1, keepdims=True)
    return LossFormula(-(y * f * log_a).sum() / rows, derivative / rows)


def _binary_factor(loss: BinaryFocalCrossentropy, a: Floats, y: Floats) -> tuple[Floats, Floats]:
    """w u^gamma and its derivative by a, for u = y (1 - a) + (1 - y) a."""
    f, slope = _power(y * (1 - a) + (1 - y) * a, loss.gamma)
    w = y * loss.alpha + (1 - y) * (1 - loss.alpha) if loss.apply_class_balancing else 1.0
    return w * f, w * slope * (1 - 2 * y)


def _class_factor(loss: CategoricalFocalCrossentropy, a: Floats) -> tuple[Floats, Floats]:
    """alpha (1 - a)^gamma and its derivative by a."""
    f, slope = _power(1 - a, loss.gamma)
    return loss.alpha * f, -loss.alpha * slope


def _power(u: Floats, gamma: float) -> tuple[Floats, Floats]:
    """u^gamma and its derivative, with u of at least 1e-7."""
    raised = np.maximum(u, CLIP)
    return raised**gamma, gamma * raised ** (gamma - 1) * (raised == u)
