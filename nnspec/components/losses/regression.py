"""Squared-error losses. y is the target, p the prediction, e the loss of one row."""

from __future__ import annotations

from math import inf

from nnspec.components.losses.base import Loss


class MeanSquaredError(Loss, kind="mean_squared_error"):
    """mean (y - p)^2.

    Derivative: 2 (p - y).
    Range: [0, inf).
    Remark: for regression; convex in p. After sigmoid or softmax its gradient is small where the
    prediction is badly wrong; a cross-entropy's is not.
    """

    result_range = (0.0, inf)
    squared_error = 1.0


class HalfSquaredError(Loss, kind="half_squared_error"):
    """mean 1/2 (y - p)^2.

    Derivative: p - y.
    Range: [0, inf).
    Remark: the squared error of textbooks; half of mean_squared_error, so it takes twice its
    learning rate.
    """

    result_range = (0.0, inf)
    squared_error = 0.5
