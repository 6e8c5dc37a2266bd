"""Constraints of the norms of a weight's vectors."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from nnspec.components.constraints.base import Constraint, NormRange
from nnspec.errors import ShapeError
from nnspec.options.shapes import format_shape
from nnspec.options.types import NonNegativeFloat, Shape, one_or_more

_Axes = Annotated[tuple[int, ...], Field(min_length=1)]
WeightAxes = Annotated[_Axes, BeforeValidator(one_or_more, json_schema_input_type=int | _Axes)]


class NormConstraint(Constraint):
    """Base class of constraints that scale the vectors along `axis` of a weight.

    Axes count from 0, or from the end as -1, -2, ...: those of the weight as nnspec stores it,
    which has no axis of rows. A dense kernel (in, units) has a vector for each unit along axis 0;
    a kernel of conv2d (height, width, in, filters) has one for each filter along [0, 1, 2].
    """

    if TYPE_CHECKING:  # a subclass lists its options in the order in which they are explained
        axis: WeightAxes

    @property
    @abstractmethod
    def norm_range(self) -> NormRange:
        """The norms that vectors may have."""

    def check(self, weight: str, shape: Shape) -> None:
        """Raise ShapeError unless the weight has each of the axes, which differ."""
        for axis in self.axis:
            if not -len(shape) <= axis < len(shape):
                message = f"{weight} has the shape {format_shape(shape)}, without an axis {axis}"
                raise ShapeError(message, _axes_hint(shape), (self.kind, "axis"))
        if len({axis % len(shape) for axis in self.axis}) < len(self.axis):
            message = f"{self.kind} names an axis of {weight} {format_shape(shape)} twice"
            raise ShapeError(message, path=(self.kind, "axis"))


class MaxNorm(NormConstraint, kind="max_norm", primary="max_value"):
    """w <- w clip(n, 0, max_value) / (n + 1e-7), n the norm of each vector along `axis`.

    Axes of the weight count from 0: `axis: 0` of a dense kernel (in, units) is a vector for each
    unit, `axis: [0, 1, 2]` of a conv2d kernel (height, width, in, filters) one for each filter.

    Remark: keeps weights from growing without a pull towards 0; with dropout it allows a high
    learning rate (Srivastava et al., 2014).
    """

    max_value: NonNegativeFloat = 2.0
    axis: WeightAxes = (0,)

    @property
    def norm_range(self) -> NormRange:
        """From 0 to `max_value`."""
        return NormRange(0.0, self.max_value, 1.0, self.axis)


class UnitNorm(NormConstraint, kind="unit_norm", primary="axis"):
    """w <- w / (n + 1e-7), n the norm of each vector along `axis` of the weight.

    Axes of the weight count from 0: `axis: 0` of a dense kernel (in, units) is a vector for each
    unit, `axis: [0, 1, 2]` of a conv2d kernel (height, width, in, filters) one for each filter.
    """

    axis: WeightAxes = (0,)

    @property
    def norm_range(self) -> NormRange:
        """Exactly 1."""
        return NormRange(1.0, 1.0, 1.0, self.axis)


class MinMaxNorm(NormConstraint, kind="min_max_norm"):
    """w <- w m / (n + 1e-7), with m = rate clip(n, min_value, max_value) + (1 - rate) n.

    n is the norm of each vector along `axis` of the weight, whose axes count from 0: `axis: 0` of a
    dense kernel (in, units) is a vector for each unit, `axis: [0, 1, 2]` of a conv2d kernel
    (height, width, in, filters) one for each filter. A `rate` below 1 moves a norm that is outside
    that much of the way at each update.
    """

    min_value: NonNegativeFloat = 0.0
    max_value: NonNegativeFloat = 1.0
    rate: Annotated[float, Field(ge=0, le=1)] = 1.0
    axis: WeightAxes = (0,)

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.min_value > self.max_value:
            raise ValueError("min_value must be at most max_value")
        return self

    @property
    def norm_range(self) -> NormRange:
        """The options."""
        return NormRange(self.min_value, self.max_value, self.rate, self.axis)


def _axes_hint(shape: Shape) -> str:
    """Which axes a weight has."""
    return "its only axis is 0" if len(shape) == 1 else f"its axes are 0 to {len(shape) - 1}"
