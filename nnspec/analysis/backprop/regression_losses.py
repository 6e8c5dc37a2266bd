"""Formulas of losses of numbers, distributions and counts, of n outputs `a` and targets `y`."""

from __future__ import annotations

import numpy as np

from nnspec.analysis.backprop.activations import Floats
from nnspec.analysis.backprop.losses import CLIP, LossFormula, loss_formula
from nnspec.components.losses.probabilistic import KLDivergence, Poisson
from nnspec.components.losses.regression import (
    CosineSimilarity,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredLogarithmicError,
)


@loss_formula.register
def _(_: MeanAbsoluteError, a: Floats, y: Floats) -> LossFormula:
    """mean |y - a|, and sign(a - y) / n."""
    return LossFormula(np.abs(y - a).mean(), np.sign(a - y) / a.size)


@loss_formula.register
def _(_: MeanAbsolutePercentageError, a: Floats, y: Floats) -> LossFormula:
    """100 mean |1 - a / y|, and 100 sign(a - y) / (n |y|), with |y| of at least 1e-7."""
    size = np.maximum(np.abs(y), CLIP)
    return LossFormula(100 * (np.abs(y - a) / size).mean(), 100 * np.sign(a - y) / size / a.size)


@loss_formula.register
def _(_: MeanSquaredLogarithmicError, a: Floats, y: Floats) -> LossFormula:
    """mean ln((1 + a) / (1 + y))^2, and 2 ln((1 + a) / (1 + y)) / (n (1 + a))."""
    p, y = np.maximum(a, CLIP), np.maximum(y, CLIP)
    ratio = np.log((1 + p) / (1 + y))
    return LossFormula((ratio**2).mean(), 2 * ratio / (1 + p) * (p == a) / a.size)


@loss_formula.register
def _(loss: Huber, a: Floats, y: Floats) -> LossFormula:
    """mean of c (|e| - c / 2) with c = min(|e|, delta), and c sign(e) / n, for e = a - y."""
    error = a - y
    limited = np.minimum(np.abs(error), loss.delta)
    value = (limited * (np.abs(error) - limited / 2)).mean()
    return LossFormula(value, limited * np.sign(error) / a.size)


@loss_formula.register
def _(_: LogCosh, a: Floats, y: Floats) -> LossFormula:
    """mean ln((e^(a - y) + e^(y - a)) / 2), and tanh(a - y) / n."""
    value = (np.logaddexp(a - y, y - a) - np.log(2)).mean()
    return LossFormula(value, np.tanh(a - y) / a.size)


@loss_formula.register
def _(loss: CosineSimilarity, a: Floats, y: Floats) -> LossFormula:
    """-c and (c u - v) / |a| for u = a / |a|, v = y / |y|, c = u v; the mean over other axes."""
    axis = loss.axis if loss.axis < 0 else loss.axis - 1  # a row has no axis of rows
    size = np.maximum(np.sqrt((a**2).sum(axis, keepdims=True)), CLIP)
    u, v = a / size, y / np.maximum(np.sqrt((y**2).sum(axis, keepdims=True)), CLIP)
    cosine = (u * v).sum(axis, keepdims=True)
    return LossFormula(-cosine.mean(), ((size > CLIP) * cosine * u - v) / size / cosine.size)


@loss_formula.register
def _(_: KLDivergence, a: Floats, y: Floats) -> LossFormula:
    """sum_m y_m (ln y_m - ln a_m), and -y_m / a_m, of each distribution; clipped to [1e-7, 1]."""
    p, y = np.clip(a, CLIP, 1), np.clip(y, CLIP, 1)
    rows = a.size // a.shape[-1]
    return LossFormula((y * (np.log(y) - np.log(p))).sum() / rows, -y / p * (p == a) / rows)


@loss_formula.register
def _(_: Poisson, a: Floats, y: Floats) -> LossFormula:
    """mean a - y ln(a + 1e-7), and (1 - y / (a + 1e-7)) / n."""
    return LossFormula((a - y * np.log(a + CLIP)).mean(), (1 - y / (a + CLIP)) / a.size)
