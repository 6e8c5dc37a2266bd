"""Formulas of losses of margins, of n outputs `a` and targets `y`."""

from __future__ import annotations

import numpy as np

from nnspec.analysis.backprop.activations import Floats
from nnspec.analysis.backprop.losses import LossFormula, loss_formula
from nnspec.components.losses.hinge import CategoricalHinge, Hinge, SquaredHinge


@loss_formula.register
def _(_: Hinge, a: Floats, y: Floats) -> LossFormula:
    """mean max(1 - s a, 0), and -s / n where s a < 1, for s = -1 or 1."""
    s = np.where(y > 0, 1.0, -1.0)
    return LossFormula(np.maximum(1 - s * a, 0).mean(), np.where(s * a < 1, -s, 0) / a.size)


@loss_formula.register
def _(_: SquaredHinge, a: Floats, y: Floats) -> LossFormula:
    """mean max(1 - s a, 0)^2, and -2 s max(1 - s a, 0) / n, for s = -1 or 1."""
    s = np.where(y > 0, 1.0, -1.0)
    slack = np.maximum(1 - s * a, 0)
    return LossFormula((slack**2).mean(), -2 * s * slack / a.size)


@loss_formula.register
def _(_: CategoricalHinge, a: Floats, y: Floats) -> LossFormula:
    """max(1 + max (1 - y) a - sum y a, 0) of each row; (1 - y) at the largest wrong, less y."""
    wrong = (1 - y) * a
    slack = 1 + wrong.max(-1, keepdims=True) - (y * a).sum(-1, keepdims=True)
    largest = np.arange(a.shape[-1]) == wrong.argmax(-1, keepdims=True)
    derivative = np.where(slack > 0, largest * (1 - y) - y, 0)
    return LossFormula(np.maximum(slack, 0).mean(), derivative / slack.size)
