"""Metrics: what is reported beside the loss. Every loss is also a metric."""

from __future__ import annotations

from nnspec import losses as _losses  # noqa: F401  (its classes enter the catalogue as metrics)
from nnspec.component import Component
from nnspec.errors import ShapeError
from nnspec.fields import Shape


class Metric(Component):
    """A number computed from predictions and targets, a mean over the rows."""

    family = "metric"

    def check(self, prediction: Shape, target: Shape) -> None:
        """Raise ShapeError where predictions and targets do not fit."""


class Accuracy(Metric, kind="accuracy"):
    """The share of rows whose class is right.

    With several outputs the class is the largest one (the first of equals), and targets are
    one-hot or class indices; with a single output it is 1 where the output is above 0.5.
    """

    def check(self, prediction: Shape, target: Shape) -> None:
        """Targets are one-hot rows like the predictions, or one index a row."""
        if target not in (prediction, prediction[:-1], (*prediction[:-1], 1)):
            raise ShapeError("accuracy gets targets that do not fit the network's output")
