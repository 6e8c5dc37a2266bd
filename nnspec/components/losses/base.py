"""The base class of losses. y is the target, p the prediction, e the loss of one row."""

from __future__ import annotations

from typing import ClassVar

from nnspec.errors import ShapeError
from nnspec.options.component import Component
from nnspec.options.shapes import format_shape
from nnspec.options.types import Name, Shape


class Loss(Component):
    """A number that says how far predictions are from targets."""

    family = "loss"
    also = ("metric",)
    fuses_with: ClassVar[str | None] = None
    squared_error: ClassVar[float | None] = None  # c where the loss is the mean of c (y - p)^2
    sparse: ClassVar[bool] = False  # targets are class indices

    name: Name | None = None  # under which it is reported, as a metric

    def check(self, prediction: Shape, target: Shape) -> None:
        """Raise ShapeError where a row of predictions and a row of targets do not fit."""
        if prediction == target or (*target, 1) == prediction or (*prediction, 1) == target:
            return
        raise ShapeError(mismatch(prediction, target), mismatch_hint(prediction, target))


def mismatch_hint(prediction: Shape, target: Shape) -> str:
    """What to do about a network output and targets of different shapes; empty if unknown."""
    if len(prediction) > max(len(target), 1):
        return "put `- flatten` before the last dense layer"
    if target == () and prediction:
        return f"prepare the targets with {{one_hot: {prediction[-1]}}}"
    return ""


def mismatch(prediction: Shape, target: Shape) -> str:
    """The message for a network output and targets of different shapes."""
    if len(prediction) == len(target) == 1:
        return f"the loss expects {target[0]} columns and the network ends in {prediction[0]}"
    target_shape, output_shape = format_shape(target), format_shape(prediction)
    return f"the loss gets targets {target_shape} and the network ends in {output_shape}"
