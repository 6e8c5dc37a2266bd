"""`class_weight`: how much the loss of a row counts, by its class; of one output or of several.

It is `balanced`, a map from classes to weights, or a map from the names of outputs to one of
these. A class that a map leaves out has the weight 1. With `balanced` a class has the weight
n / (K n_c), as in scikit-learn: n training rows, of which n_c are of the class, and K classes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from nnspec.options.messages import LocatedError, describe_value, expected
from nnspec.options.types import NonNegativeFloat

BALANCED = "balanced"
OutputWeight = Literal["balanced"] | dict[str, float]  # of one output's classes, by their names
_FORM = "balanced, or a map from classes to weights"


def is_by_output(value: Any) -> bool:
    """Whether it is a map from the names of outputs: one of its values is no number."""
    return isinstance(value, Mapping) and any(
        isinstance(one, str | Mapping) for one in value.values()
    )


def _check(value: Any) -> Any:
    if not is_by_output(value):
        return _of_output(value)
    return {name: _of_output(one, name) for name, one in value.items()}


def _of_output(value: Any, *path: str) -> Any:
    """The class weight of one output, which stands at `path`."""
    if value == BALANCED:
        return value
    if isinstance(value, Mapping) and value:
        return {name: _number(one, *path, name) for name, one in value.items()}
    if path:
        raise LocatedError(f"{path[0]} must be {_FORM}, not {describe_value(value)}", *path)
    raise expected(_FORM)


def _number(value: Any, *path: str) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and math.isfinite(value) and value >= 0:
        return float(value)
    said = f"the weight of {path[-1]} must be a number of 0 or more"
    raise LocatedError(f"{said}, not {describe_value(value)}", *path)


_Classes = Annotated[dict[str, NonNegativeFloat], Field(min_length=1)]
_Outputs = Annotated[dict[str, Literal["balanced"] | _Classes], Field(min_length=1)]
_Written = Literal["balanced"] | _Classes | _Outputs
ClassWeight = Annotated[
    str | dict[str, Any],
    BeforeValidator(_check, json_schema_input_type=_Written),
]
