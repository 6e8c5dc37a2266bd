"""The base class of learning-rate schedules, and the option type of a rate."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from nnspec.options.component import Component
from nnspec.options.messages import expected
from nnspec.options.validation import ComponentField


class Schedule(Component):
    """A learning rate that changes with the number of updates."""

    family = "schedule"

    def rate(self, step: int) -> float:
        """The learning rate after `step` updates."""
        raise TypeError(f"{type(self).__name__} lacks a rate")


class _RateField(ComponentField):
    """A positive number, or a schedule."""

    def validate(self, value: Any) -> Any:
        """The number or the schedule that was written."""
        if not isinstance(value, int | float) or isinstance(value, bool):
            return super().validate(value)
        if not 0 < value < math.inf:
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
