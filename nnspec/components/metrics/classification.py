"""Metrics of classifiers."""

from __future__ import annotations

from typing import Any

from nnspec.components.metrics.base import Metric
from nnspec.components.metrics.mean import HostMean, Sum
from nnspec.components.targets import (
    TargetValues,
    check_own_targets,
    check_several_classes,
    holds_class_numbers,
    is_single_output,
)
from nnspec.errors import ShapeError
from nnspec.options.types import PositiveInt, Shape


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

    def threshold_of(self, prediction: Shape) -> float | None:
        """0.5 for a single output."""
        return 0.5 if is_single_output(prediction) else None


class BinaryAccuracy(Metric, kind="binary_accuracy", primary="threshold"):
    """The share of outputs that are above `threshold` where their targets are 1, and not where 0.

    Each output is a yes or no of its own: several labels of a row may be on.
    """

    threshold: float = 0.5

    targets = "labels"
    result_range = (0.0, 1.0)
    examples = ({}, {"threshold": 0.4})

    def check(self, prediction: Shape, target: Shape) -> None:
        """Each output has a target of its own."""
        check_own_targets(
            prediction, target, self.kind, "accuracy counts the rows whose class is right"
        )

    def threshold_of(self, prediction: Shape) -> float | None:
        """The option."""
        return self.threshold


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

    def threshold_of(self, prediction: Shape) -> float | None:
        """0.5 for a single output."""
        return 0.5 if is_single_output(prediction) else None

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


class TopKCategoricalAccuracy(HostMean, kind="top_k_categorical_accuracy", primary="k"):
    """The share of rows whose class is among the k largest outputs.

    A row counts where fewer than k outputs are larger than that of its class, so equal ones are in
    its favour, as in Keras. Targets are one-hot, distributions, or class numbers (which Keras calls
    `sparse_top_k_categorical_accuracy`).
    """

    k: PositiveInt = 5

    result_range = (0.0, 1.0)

    def check(self, prediction: Shape, target: Shape) -> None:
        """Targets are one-hot rows or one index a row, of more than k classes."""
        check_several_classes(prediction, self.kind)
        if target != prediction and not holds_class_numbers(prediction, target):
            raise ShapeError(f"{self.kind} gets targets that do not fit the network's output")
        if self.k >= prediction[-1]:
            raise ShapeError(f"{self.kind} with k {self.k} is 1 for {prediction[-1]} classes")

    def target_values(self, prediction: Shape, target: Shape) -> TargetValues:
        """Distributions or class numbers."""
        return one_class_values(prediction, target)

    def update(self, predictions: Any, targets: Any) -> Any:
        """The rows of a batch that count."""
        outputs = predictions.reshape(-1, predictions.shape[-1])
        own = outputs[range(len(outputs)), row_classes(targets, predictions)]
        larger = ~(outputs <= own[:, None])  # or nan, so that a row with nan is wrong
        return Sum.of(larger.sum(axis=1) < self.k)


def one_class_values(prediction: Shape, target: Shape) -> TargetValues:
    """What a metric of one class a row takes as targets of these shapes."""
    if is_single_output(prediction):
        return "labels"
    return "distributions" if target == prediction else "class_numbers"


def row_classes(targets: Any, predictions: Any) -> Any:
    """The class of each row of targets: the largest number of a distribution, or a class number."""
    if targets.shape == predictions.shape:
        return targets.reshape(-1, targets.shape[-1]).argmax(axis=1)
    return targets.reshape(-1).astype(int)


def _classes(values: Any, predictions: Any) -> Any:
    """The class of each row: the largest output, or whether a single one is above 0.5."""
    rows, outputs = values.reshape(len(values), -1), predictions.reshape(len(predictions), -1)
    if outputs.shape[1] == 1:
        return (rows[:, 0] > 0.5).astype(int)
    return rows.argmax(axis=1) if rows.shape == outputs.shape else rows[:, 0].astype(int)
