"""Metrics of classifiers."""

from __future__ import annotations

from nnspec.components.metrics.base import Metric
from nnspec.errors import ShapeError
from nnspec.options.types import Shape


class Accuracy(Metric, kind="accuracy"):
    """The share of rows whose class is right.

    With several outputs the class is the largest one (the first of equals), and targets are
    one-hot or class indices; with a single output it is 1 where the output is above 0.5.
    """

    def check(self, prediction: Shape, target: Shape) -> None:
        """Targets are one-hot rows like the predictions, or one index a row."""
        if target not in (prediction, prediction[:-1], (*prediction[:-1], 1)):
            raise ShapeError("accuracy gets targets that do not fit the network's output")
