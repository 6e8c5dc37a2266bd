"""Metrics of the rows of each class: those of the class, those predicted to be, and the right ones.

They are counted over all batches; a quotient is taken once, at the end.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Literal, NamedTuple, Self

from pydantic import model_validator

from nnspec.components.metrics.base import Metric
from nnspec.components.metrics.classification import one_class_values, row_classes
from nnspec.components.targets import (
    TargetValues,
    check_same_shape,
    holds_class_numbers,
    is_single_output,
)
from nnspec.errors import ShapeError
from nnspec.options.types import NonNegativeInt, Shape


class ClassCounts(NamedTuple):
    """Of each class: rows that are predicted rightly, that are predicted, and that there are."""

    right: Any
    predicted: Any
    actual: Any


class ClassCountMetric(Metric):
    """A quotient of counts of each class, or its mean over the classes."""

    result_range = (0.0, 1.0)

    average: Literal["micro", "macro", "weighted"] | None = None
    threshold: float | None = None
    class_id: NonNegativeInt | None = None

    @model_validator(mode="after")
    def _one_figure(self) -> Self:
        if self.average is not None and self.class_id is not None:
            raise ValueError("average is of all classes and class_id of one; write one of them")
        return self

    @abstractmethod
    def figure(self, right: Any, predicted: Any, actual: Any) -> Any:
        """The figure of counts of one class, or of arrays of them."""

    def threshold_of(self, prediction: Shape) -> float | None:
        """The number above which an output is a yes."""
        return 0.5 if self.threshold is None and is_single_output(prediction) else self.threshold

    def check(self, prediction: Shape, target: Shape) -> None:
        """Targets fit the outputs, and what is asked for is one figure."""
        several = not is_single_output(prediction)
        if several and self.threshold is not None:
            check_same_shape(prediction, target)
        elif target != prediction and not holds_class_numbers(prediction, target):
            raise ShapeError(f"{self.kind} gets targets that do not fit the network's output")
        if several and self.average is None and self.class_id is None:
            hint = "write average: macro, weighted or micro; class_id: 0 is for one class"
            raise ShapeError(f"{self.kind} is of each of {prediction[-1]} classes", hint)
        classes = prediction[-1] if several else 2
        if self.class_id is not None and self.class_id >= classes:
            raise ShapeError(f"{self.kind} of class {self.class_id}: the last is {classes - 1}")

    def target_values(self, prediction: Shape, target: Shape) -> TargetValues:
        """Labels for a yes or no, else distributions or class numbers."""
        if self.threshold is not None:
            return "labels"
        return one_class_values(prediction, target)

    def update(self, predictions: Any, targets: Any) -> Any:
        """The counts of a batch."""
        threshold = self.threshold_of(predictions.shape[1:])
        if is_single_output(predictions.shape[1:]):
            found, true = predictions.reshape(-1) > threshold, targets.reshape(-1) > 0.5
            return _counts(found.astype(int), true.astype(int), 2)
        outputs = predictions.reshape(-1, predictions.shape[-1])
        if threshold is None:
            true = row_classes(targets, predictions)
            return _counts(outputs.argmax(axis=1), true, outputs.shape[1])
        found, true = outputs > threshold, targets.reshape(outputs.shape) > 0.5
        return ClassCounts((found & true).sum(axis=0), found.sum(axis=0), true.sum(axis=0))

    def merge(self, first: Any, second: Any) -> Any:
        """The sums of both."""
        return ClassCounts(*(one + other for one, other in zip(first, second, strict=True)))

    def result(self, state: Any) -> float:
        """The figure of one class, or the mean over all."""
        if self.average is None:
            number = 1 if self.class_id is None else self.class_id
            return float(self.figure(*(counts[number] for counts in state)))
        if self.average == "micro":
            return float(self.figure(*(counts.sum() for counts in state)))
        seen = (state.predicted + state.actual) > 0
        weights = state.actual if self.average == "weighted" else seen
        return float((self.figure(*state) * weights).sum() / max(weights.sum(), 1))


class Precision(ClassCountMetric, kind="precision"):
    """Of the rows that are predicted to be of a class, the share that is: tp / (tp + fp).

    With one output there are the classes 0 and 1, and a row is predicted as 1 where the output is
    above `threshold`, 0.5 where that is null; the figure is that of class 1. With several outputs
    the class is the largest one (the first of equals), for one-hot targets and class numbers; with
    a `threshold` each output is a yes or no of its own, as in `binary_accuracy`.

    Of several classes `class_id` takes one, and `average` all: `macro` is the mean over the
    classes, `weighted` by their rows, and `micro` is of the sums of their counts. What would be
    divided by 0 is 0. A class of which there is neither a row nor a prediction does not count in
    `macro`; Keras counts it as 0, and so does scikit-learn where each output is a yes or no.
    """

    def figure(self, right: Any, predicted: Any, actual: Any) -> Any:
        """tp / (tp + fp)."""
        return right / at_least_1(predicted)


class Recall(ClassCountMetric, kind="recall"):
    """Of the rows of a class, the share that is predicted to be: tp / (tp + fn).

    Classes and options are those of `precision`. `macro` is `balanced_accuracy`, but for classes
    that are predicted and have no rows.
    """

    def figure(self, right: Any, predicted: Any, actual: Any) -> Any:
        """tp / (tp + fn)."""
        return right / at_least_1(actual)


class F1Score(ClassCountMetric, kind="f1_score"):
    """The harmonic mean of precision and recall: 2 tp / (2 tp + fp + fn).

    Classes and options are those of `precision`. Keras' default gives a figure for each class; here
    a figure is one number, so several classes take an `average` or a `class_id`.
    """

    def figure(self, right: Any, predicted: Any, actual: Any) -> Any:
        """2 tp / (2 tp + fp + fn)."""
        return 2 * right / at_least_1(predicted + actual)


def at_least_1(counts: Any) -> Any:
    """Counts, 1 where they are 0, to divide by."""
    return counts + (counts == 0)


def _counts(found: Any, true: Any, classes: int) -> ClassCounts:
    """The counts of rows with one class each."""
    count = found.__array_namespace__().bincount
    parts = (true[found == true], found, true)
    return ClassCounts(*(count(part, minlength=classes) for part in parts))
