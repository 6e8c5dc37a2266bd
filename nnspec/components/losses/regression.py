"""Losses of numbers. y is the target, p the prediction, e the loss of one row."""

from __future__ import annotations

from math import inf

from nnspec.components.losses.base import Loss
from nnspec.components.targets import check_row_axis, check_same_shape
from nnspec.options.types import PositiveFloat, Shape


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


class MeanAbsoluteError(Loss, kind="mean_absolute_error"):
    """mean |y - p|.

    Derivative: 1 where p > y, -1 where p < y, 0 where they are equal.
    Range: [0, inf).
    Remark: for regression with outliers, which a squared error follows; its best constant
    prediction is the median. The gradient does not shrink near the target: let the learning rate.
    """

    result_range = (0.0, inf)


class MeanAbsolutePercentageError(Loss, kind="mean_absolute_percentage_error"):
    """100 mean |y - p| / max(|y|, 1e-7).

    Derivative: 100 / max(|y|, 1e-7) where p > y, its negative where p < y, 0 where they are equal.
    Range: [0, inf).
    Remark: for targets far from 0, judged by ratios; it prefers predictions that are too small. 10
    is 10 %. Of a target 0 it is a huge number.
    """

    result_range = (0.0, inf)
    divides_by_target = True


class MeanSquaredLogarithmicError(Loss, kind="mean_squared_logarithmic_error"):
    """mean (ln(1 + y) - ln(1 + p))^2, with y and p raised to 1e-7 where they are below.

    Derivative: 2 (ln(1 + p) - ln(1 + y)) / (1 + p); 0 where p < 1e-7.
    Range: [0, inf).
    Remark: for targets of 0 or more of several orders of magnitude. Predictions below 0 get no
    gradient: end in an activation without them.
    """

    result_range = (0.0, inf)
    domain = (0.0, inf)
    targets = "non_negative"


class Huber(Loss, kind="huber", primary="delta"):
    """mean 1/2 (y - p)^2 where |y - p| <= delta, else delta |y - p| - 1/2 delta^2.

    Derivative: p - y, limited to [-delta, delta].
    Range: [0, inf).
    Remark: the half squared error near the target, and the absolute error for outliers.
    """

    delta: PositiveFloat = 1.0

    result_range = (0.0, inf)
    examples = ({}, {"delta": 0.3})


class LogCosh(Loss, kind="log_cosh"):
    """mean ln cosh(p - y).

    Derivative: tanh(p - y).
    Range: [0, inf).
    Remark: like `huber`, and smooth: 1/2 (y - p)^2 near the target, |y - p| - ln 2 far from it.
    """

    result_range = (0.0, inf)


class CosineSimilarity(Loss, kind="cosine_similarity", primary="axis"):
    """-sum_i y_i p_i / (|y| |p|), the negative cosine of the angle, over `axis`.

    Derivative: (c p / |p| - y / |y|) / |p|, with the cosine c.
    Range: [-1, 1].
    Remark: for embeddings, whose length does not matter. The metric `cosine_similarity` is the
    cosine itself, as in Keras; -1 is best here. Lengths below 1e-7 count as 1e-7.

    Axis 0 would be that of the rows of a batch; the last one is -1.
    """

    axis: int = -1

    also = ()
    result_range = (-1.0, 1.0)

    def check(self, prediction: Shape, target: Shape) -> None:
        """The shapes are the same and have the axis."""
        check_same_shape(prediction, target)
        check_row_axis(self.axis, prediction, self.kind)
