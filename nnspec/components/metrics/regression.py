"""Metrics of predicted numbers. y is the target, p the prediction."""

from __future__ import annotations

from math import inf, sqrt
from typing import Any, Literal, NamedTuple

from nnspec.components.metrics.base import Metric
from nnspec.components.metrics.mean import HostMean, Sum
from nnspec.components.targets import check_row_axis, check_same_shape
from nnspec.options.types import Shape


class RootMeanSquaredError(HostMean, kind="root_mean_squared_error"):
    """sqrt(mean (y - p)^2), in the unit of the targets.

    The mean is over all numbers of all rows, so it is not the mean of the batches' values.
    """

    lower_is_better = True
    result_range = (0.0, inf)

    def check(self, prediction: Shape, target: Shape) -> None:
        """Each output has a target of its own."""
        check_same_shape(prediction, target)

    def update(self, predictions: Any, targets: Any) -> Any:
        """The sum of the squared errors of a batch."""
        errors = _columns(predictions) - _columns(targets)
        return Sum.of(errors * errors)

    def result(self, state: Any) -> float:
        """The square root of the mean."""
        return sqrt(super().result(state))


class CosineSimilarity(HostMean, kind="cosine_similarity", primary="axis"):
    """mean sum_i y_i p_i / (|y| |p|), the cosine of the angle, over `axis`.

    It is 1 for the same direction; the loss of this name is its negative, as in Keras. Lengths
    below 1e-7 count as 1e-7. Axis 0 would be that of the rows of a batch; the last one is -1.
    """

    result_range = (-1.0, 1.0)

    axis: int = -1

    def check(self, prediction: Shape, target: Shape) -> None:
        """The shapes are the same and have the axis."""
        check_same_shape(prediction, target)
        check_row_axis(self.axis, prediction, self.kind)

    def update(self, predictions: Any, targets: Any) -> Any:
        """The sum of the cosines of a batch."""
        p = predictions.astype("float64")
        y = targets.reshape(p.shape).astype("float64")
        products = (p * y).sum(axis=self.axis)
        return Sum.of(products / (_lengths(p, self.axis) * _lengths(y, self.axis)))


class _Moments(NamedTuple):
    """Of each column of the targets: mean, squared deviations from it, and squared errors."""

    rows: int
    mean: Any
    deviations: Any
    errors: Any


class R2Score(Metric, kind="r2_score", primary="class_aggregation"):
    """1 - sum (y - p)^2 / sum (y - mean y)^2, of each output; the mean over the outputs.

    1 is best, 0 is a prediction that is always the mean of the targets, and worse ones are below 0.
    With `class_aggregation: variance_weighted_average` outputs count by the variance of their
    targets. Where all targets of an output are equal it is 1 if they are predicted and else 0, as
    scikit-learn has it.
    """

    result_range = (-inf, 1.0)

    class_aggregation: Literal["uniform_average", "variance_weighted_average"] = "uniform_average"

    def check(self, prediction: Shape, target: Shape) -> None:
        """Each output has a target of its own."""
        check_same_shape(prediction, target)

    def update(self, predictions: Any, targets: Any) -> Any:
        """The moments of a batch."""
        y, errors = _columns(targets), _columns(targets) - _columns(predictions)
        mean = y.mean(axis=0)
        return _Moments(len(y), mean, ((y - mean) ** 2).sum(axis=0), (errors**2).sum(axis=0))

    def merge(self, first: Any, second: Any) -> Any:
        """The moments of both; the mean of all rows lies between those of the parts."""
        rows, shift = first.rows + second.rows, second.mean - first.mean
        between = shift * shift * (first.rows * second.rows / rows)
        return _Moments(
            rows,
            first.mean + shift * (second.rows / rows),
            first.deviations + second.deviations + between,
            first.errors + second.errors,
        )

    def result(self, state: Any) -> float:
        """The score."""
        varies = state.deviations > 0
        if self.class_aggregation == "variance_weighted_average" and varies.any():
            return float(1 - state.errors[varies].sum() / state.deviations[varies].sum())
        constant = (state.errors[~varies] == 0).sum()
        scores = 1 - state.errors[varies] / state.deviations[varies]
        return float((scores.sum() + constant) / len(varies))


def _columns(values: Any) -> Any:
    """Numbers as (rows, columns), in float64."""
    return values.reshape(len(values), -1).astype("float64")


def _lengths(values: Any, axis: int) -> Any:
    """|values| over an axis, at least 1e-7."""
    return ((values * values).sum(axis=axis) ** 0.5).clip(1e-7)
