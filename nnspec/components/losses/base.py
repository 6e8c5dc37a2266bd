"""The base class of losses. y is the target, p the prediction, e the loss of one row."""

from __future__ import annotations

from math import inf
from typing import ClassVar

from nnspec.components.targets import TargetValues, check_same_shape
from nnspec.options.component import Component
from nnspec.options.types import Name, Shape


class Loss(Component):
    """A number that says how far predictions are from targets."""

    family = "loss"
    also = ("metric",)
    fuses_with: ClassVar[str | None] = None
    squared_error: ClassVar[float | None] = None  # c where the loss is the mean of c (y - p)^2
    targets: ClassVar[TargetValues] = "any"
    result_range: ClassVar[tuple[float, float]] = (-inf, inf)

    name: Name | None = None  # under which it is reported, as a metric

    def check(self, prediction: Shape, target: Shape) -> None:
        """Raise ShapeError where a row of predictions and a row of targets do not fit."""
        check_same_shape(prediction, target)

    def target_values(self, prediction: Shape, target: Shape) -> TargetValues:
        """The values that it takes as targets of these shapes."""
        return self.targets
