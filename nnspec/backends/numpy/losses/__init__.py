"""Losses and their gradients on NumPy."""

from __future__ import annotations

from nnspec.backends.numpy.losses.formula import LossFormula, loss_formula, row_means

__all__ = ["LossFormula", "loss_formula", "row_means"]
