"""The preprocessing step that puts values in the place of missing ones."""

from __future__ import annotations

from datetime import datetime
from math import prod
from typing import Literal, Self

from pydantic import model_validator

from nnspec.components.preprocessing.base import Transform, floating
from nnspec.errors import ShapeError
from nnspec.options.messages import LocatedError
from nnspec.options.shapes import format_shape
from nnspec.options.tensor_spec import TensorSpec

_COMPUTED = ("mean", "median")  # strategies that text does not have


class ImputeTransform(Transform, kind="impute", primary="strategy"):
    """The missing values of a column replaced by one value that the training rows tell.

    `mean` and `median` of the column's values that are there, of numbers and dates; `most_frequent`
    of any values, the first in order of several; `constant` puts `value`, such as 0, `unknown` or
    2024-01-31. Numbers are float64 then. A column that has no value in any training row is an
    error, unless it gets a constant.

    With `indicator` a column for each follows, in the same order: 1 where its value was missing,
    else 0. That is for numbers; of text a constant is a category of its own.
    """

    takes = ("numbers", "text", "dates")
    strategy: Literal["mean", "median", "most_frequent", "constant"] = "mean"
    value: float | str | None = None
    indicator: bool = False

    example = "{impute: median}"

    @property
    def elementwise(self) -> bool:  # type: ignore[override]
        """Whether each number of the result comes from the number in the same place alone."""
        return not self.indicator

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        if self.strategy == "constant" and self.value is None:
            raise LocatedError("the strategy constant needs a value", "strategy")
        if self.strategy != "constant" and self.value is not None:
            raise LocatedError(f"the strategy {self.strategy} takes no value", "value")
        if self.value == "":
            raise LocatedError("an empty text is itself a missing value", "value")
        return self

    def apply(self, x: TensorSpec) -> TensorSpec:
        """The shape stays; with `indicator` n columns become 2 n."""
        if x.kind == "text" and self.strategy in _COMPUTED:
            raise ShapeError(f"text has no {self.strategy}", "write {impute: most_frequent}")
        if self.value is not None:
            self._check_value(x)
        if x.kind != "numbers":
            self._check_no_indicator(x)
            return x
        shape = self._shape(x) if self.indicator else x.shape
        return TensorSpec(shape, floating(x.dtype))

    def _check_value(self, x: TensorSpec) -> None:
        """Raise ShapeError unless the constant is of the kind that the columns hold."""
        if isinstance(self.value, str) is (x.kind == "numbers"):
            raise ShapeError(f"impute puts {self.value!r} among {x.kind}")
        if x.kind == "dates" and not _is_date(str(self.value)):
            hint = "write 2024-01-31 or 2024-01-31 12:30:00"
            raise ShapeError(f"{self.value!r} is no date", hint)

    def _check_no_indicator(self, x: TensorSpec) -> None:
        if self.indicator:
            hint = "put a constant, such as {impute: {strategy: constant, value: unknown}}"
            raise ShapeError(f"indicator makes numbers, which are not joined to {x.kind}", hint)

    def _shape(self, x: TensorSpec) -> tuple[int, ...]:
        if len(x.shape) > 1:
            raise ShapeError(f"indicator gets {format_shape(x.shape)}; flatten it first")
        return (2 * prod(x.shape),)


def _is_date(text: str) -> bool:
    """Whether a text is a date, without a time zone."""
    try:
        return datetime.fromisoformat(text).tzinfo is None
    except ValueError:
        return False
