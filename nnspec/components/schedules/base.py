"""The base class of learning-rate schedules, and the option type of a rate."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic_core import PydanticCustomError

from nnspec.options.component import Component, ComponentField
from nnspec.options.model import Core


class Schedule(Component):
    """A learning rate that changes with the number of updates."""

    family = "schedule"

    def rate(self, step: int) -> float:
        """The rate of the update that `step` updates came before."""
        raise TypeError(f"{type(self).__name__} lacks a rate")


class _RateOf(ComponentField):
    """A positive number, or a schedule."""

    def validate(self, value: Any) -> Any:
        """The number or the schedule that was written."""
        if not isinstance(value, int | float) or isinstance(value, bool):
            return super().validate(value)
        if not 0 < value < math.inf:
            wanted = {"expected": "a number above 0, or a schedule"}
            raise PydanticCustomError("expected", "see the context", wanted)
        return float(value)

    def core(self, schema: Core) -> Core:
        """A number above 0 in a JSON Schema, or the family."""
        forms = [{"type": "number", "exclusiveMinimum": 0}, {"family": self.family}]
        metadata = {"pydantic_js_functions": [lambda _, __: {"anyOf": forms}]}
        return {**super().core(schema), "metadata": metadata}


Rate = Annotated[float | Schedule, _RateOf("schedule")]


def rate_at(rate: float | Schedule, step: int) -> float:
    """The rate of the update that `step` updates came before."""
    return rate.rate(step) if isinstance(rate, Schedule) else rate
