"""The base class of learning-rate schedules, and the option type of a rate."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from nnspec.options.component import Component
from nnspec.options.messages import expected
from nnspec.options.validation import ComponentField

EpochMetrics = Mapping[str, float]  # of an epoch, by name; those of validation rows: `val_` + name
RateFunction = Callable[[int], float]  # the number of updates -> the learning rate


class Schedule(Component):
    """A learning rate that changes with the number of updates, or by what was measured.

    A schedule of the number of updates alone has `rate`. One that also depends on what the epochs
    before measured overrides `rate_after`; its `rate` is that before the first epoch.
    """

    family = "schedule"

    def rate(self, step: int) -> float:
        """The learning rate after `step` updates."""
        raise TypeError(f"{type(self).__name__} lacks a rate")

    def rate_after(self, epochs: Sequence[EpochMetrics]) -> RateFunction:
        """The learning rate of the epoch that follows `epochs`, as a function of the step.

        It depends on nothing else, so that it is the same on every backend and after a resume.
        """
        return self.rate

    def uses_metrics(self) -> bool:
        """Whether the rate depends on what was measured."""
        return type(self).rate_after is not Schedule.rate_after

    @property
    def highest(self) -> float:
        """The highest rate; that before the first update unless a class says otherwise."""
        return self.rate(0)

    def bind(self, metrics: Mapping[str, bool]) -> Schedule:
        """The schedule with each option that depends on the metrics of the run resolved.

        `metrics` are the names in each epoch's metrics, each with whether lower is better. Raises
        LocatedError, with the path to an option, where it does not fit them.
        """
        return self


def _is_name(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    from nnspec.language.number_texts import is_number  # few rates are texts

    return not is_number(value)


class _RateField(ComponentField):
    """A positive number, or a schedule."""

    def validate(self, value: Any) -> Any:
        """The number or the schedule that was written."""
        if isinstance(value, Mapping | Component) or _is_name(value):
            return super().validate(value)
        is_real = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_real or not 0 < value < math.inf:
            raise expected("a number above 0, or a schedule")
        return float(value)

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """A number above 0, or a schedule."""
        schedule = super().__get_pydantic_json_schema__(core_schema, handler)
        return {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, schedule]}


Rate = Annotated[float | Schedule, _RateField("schedule")]


def rate_at(rate: float | Schedule, step: int) -> float:
    """The learning rate after `step` updates."""
    return rate.rate(step) if isinstance(rate, Schedule) else rate


def highest_rate(rate: float | Schedule) -> float:
    """The highest learning rate."""
    return rate.highest if isinstance(rate, Schedule) else rate


def rate_function(rate: float | Schedule, epochs: Sequence[EpochMetrics]) -> RateFunction:
    """The learning rate of the epoch that follows `epochs`, as a function of the step."""
    return rate.rate_after(epochs) if isinstance(rate, Schedule) else lambda _: rate


def rise(start: float, end: float, share: float) -> float:
    """The number at a share of the way from `start` to `end`."""
    return start + (end - start) * share


def power(base: float, exponent: float) -> float:
    """base^exponent for a base above 0; infinite where float64 cannot hold it."""
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return math.inf
