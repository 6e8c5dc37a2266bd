"""The base class of losses. y is the target, p the prediction, e the loss of one row."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import ClassVar

from nnspec.components.targets import TargetValues, check_same_shape
from nnspec.options.component import Component
from nnspec.options.types import Name, Shape


class Loss(Component):
    """A number that says how far predictions are from targets."""

    family = "loss"
    also: ClassVar[tuple[str, ...]] = ("metric",)
    fuses_with: ClassVar[str | None] = None
    squared_error: ClassVar[float | None] = None  # c where the loss is the mean of c (y - p)^2
    domain: ClassVar[tuple[float, float]] = (-inf, inf)  # between which it takes predictions
    divides_by_target: ClassVar[bool] = False
    targets: ClassVar[TargetValues] = "any"
    result_range: ClassVar[tuple[float, float]] = (-inf, inf)
    examples: ClassVar[tuple[Mapping[str, object], ...]] = ({},)  # options to test it with

    name: Name | None = None  # under which it is reported, as a metric

    @property
    def takes_logits(self) -> bool:
        """Whether it applies the activation that it fuses with to the network's outputs itself."""
        return False

    @property
    def fused_activation(self) -> str | None:
        """The kind of a last activation with which it is computed, from the numbers before that."""
        return None if self.takes_logits else self.fuses_with

    def check(self, prediction: Shape, target: Shape) -> None:
        """Raise ShapeError where a row of predictions and a row of targets do not fit."""
        check_same_shape(prediction, target)

    def target_values(self, prediction: Shape, target: Shape) -> TargetValues:
        """The values that it takes as targets of these shapes."""
        return self.targets
