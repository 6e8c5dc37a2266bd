"""Metrics of classifiers."""

from __future__ import annotations

from typing import Any

from nnspec.components.metrics.base import Metric
from nnspec.components.targets import TargetValues, check_same_shape, holds_class_numbers
from nnspec.errors import ShapeError
from nnspec.options.types import Shape


class Accuracy(Metric, kind="accuracy"):
    """The share of rows whose class is right.

    With several outputs the class is the largest one (the first of equals), and targets are
    one-hot, distributions, or class numbers; where several classes of a row may be on, it is
    `binary_accuracy` that is meant. With a single output it is 1 where output and target are on the
    same side of 0.5.
    """

    result_range = (0.0, 1.0)

    def check(self, prediction: Shape, target: Shape) -> None:
        """Targets are one-hot rows like the predictions, or one index a row."""
        if target != prediction and not holds_class_numbers(prediction, target):
            raise ShapeError("accuracy gets targets that do not fit the network's output")

    def target_values(self, prediction: Shape, target: Shape) -> TargetValues:
        """0 or 1 for a single output, else distributions or class numbers."""
        return one_class_values(prediction, target)


class BinaryAccuracy(Metric, kind="binary_accuracy"):
    """The share of outputs that are on the same side of 0.5 as their targets.

    Each output is a yes or no of its own: several labels of a row may be on.
    """

    targets = "labels"
    result_range = (0.0, 1.0)

    def check(self, prediction: Shape, target: Shape) -> None:
        """Each output has a target of its own."""
        if holds_class_numbers(prediction, target) and prediction[-1:] > (1,):
            message = f"binary_accuracy gets one target a row and {prediction[-1]} outputs"
            raise ShapeError(message, "accuracy counts the rows whose class is right")
        check_same_shape(prediction, target)


class BalancedAccuracy(Metric, kind="balanced_accuracy"):
    """The mean over the classes of the share of their rows whose class is right.

    Each class counts alike, be it rare or not; one without rows does not count. Classes, outputs
    and targets are those of `accuracy`, for one class a row.
    """

    result_range = (0.0, 1.0)

    def check(self, prediction: Shape, target: Shape) -> None:
        """Targets are one-hot rows like the predictions, or one index a row."""
        several = len(prediction) > 1
        if several or (target != prediction and not holds_class_numbers(prediction, target)):
            raise ShapeError(
                "balanced_accuracy needs one class a row, and an output for each class or one"
            )

    def target_values(self, prediction: Shape, target: Shape) -> TargetValues:
        """0 or 1 for a single output, else distributions or class numbers."""
        return one_class_values(prediction, target)

    def update(self, predictions: Any, targets: Any) -> Any:
        """The number of rows of each class of the targets, and of those that are right."""
        found, true = _classes(predictions, predictions), _classes(targets, predictions)
        classes = max(2, predictions.reshape(len(predictions), -1).shape[1])
        members = [true == number for number in range(classes)]
        return [(int(rows.sum()), int((found == true)[rows].sum())) for rows in members]

    def merge(self, first: Any, second: Any) -> Any:
        """The sums of both."""
        return [(n + m, a + b) for (n, a), (m, b) in zip(first, second, strict=True)]

    def result(self, state: Any) -> float:
        """The mean share."""
        shares = [right / rows for rows, right in state if rows]
        return sum(shares) / len(shares)


def one_class_values(prediction: Shape, target: Shape) -> TargetValues:
    """What a metric of one class a row takes as targets of these shapes."""
    if prediction[-1:] in ((), (1,)):
        return "labels"
    return "distributions" if target == prediction else "class_numbers"


def _classes(values: Any, predictions: Any) -> Any:
    """The class of each row: the largest output, or whether a single one is above 0.5."""
    rows, outputs = values.reshape(len(values), -1), predictions.reshape(len(predictions), -1)
    if outputs.shape[1] == 1:
        return (rows[:, 0] > 0.5).astype(int)
    return rows.argmax(axis=1) if rows.shape == outputs.shape else rows[:, 0].astype(int)
