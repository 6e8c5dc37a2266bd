"""Metrics of classifiers."""

from __future__ import annotations

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
        if prediction[-1:] in ((), (1,)):
            return "labels"
        return "distributions" if target == prediction else "class_numbers"


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
