"""The base class of metrics, which are reported beside the loss. Every loss is a metric too."""

from __future__ import annotations

from typing import ClassVar

from nnspec.options.component import Component
from nnspec.options.types import Shape


class Metric(Component):
    """A number computed from predictions and targets, a mean over the rows."""

    family = "metric"
    lower_is_better: ClassVar[bool] = False

    def check(self, prediction: Shape, target: Shape) -> None:
        """Raise ShapeError where predictions and targets do not fit."""
