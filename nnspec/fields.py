"""The types of components' options: strict numbers, pairs, paddings, shapes.

Everything here is strict: `"3"`, `3.0` and `true` are no integers. Only lists and tuples are
taken for each other, because YAML has lists alone. The second argument of a `BeforeValidator`
is what may be written, for the JSON Schema.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, Strict

Size = int
Shape = tuple[int, ...]  # without the batch axis

MAX_SIZE = 2**31 - 1

Integer = Annotated[int, Strict()]
PositiveInt = Annotated[int, Strict(), Field(gt=0, le=MAX_SIZE)]
NonNegativeInt = Annotated[int, Strict(), Field(ge=0, le=MAX_SIZE)]
Number = Annotated[float, Strict()]
PositiveNumber = Annotated[float, Strict(), Field(gt=0)]
NonNegativeNumber = Annotated[float, Strict(), Field(ge=0)]
Fraction = Annotated[float, Strict(), Field(ge=0, lt=1)]
Truth = Annotated[bool, Strict()]
Text = Annotated[str, Strict()]


def _one_or_two(value: Any) -> Any:
    """`3` means (3, 3)."""
    return (value, value) if isinstance(value, int) else value


def _paddings(value: Any) -> Any:
    """`1` means ((1, 1), (1, 1)); `[1, 2]` means ((1, 1), (2, 2))."""
    if isinstance(value, int):
        value = (value, value)
    if isinstance(value, list | tuple) and all(isinstance(one, int) for one in value):
        return tuple((one, one) for one in value)
    return value


_Two = tuple[PositiveInt, PositiveInt]
Pair = Annotated[_Two, BeforeValidator(_one_or_two, PositiveInt | _Two)]
Sides = tuple[NonNegativeInt, NonNegativeInt]  # before and after
_Numbers = Annotated[
    tuple[Sides, Sides], BeforeValidator(_paddings, NonNegativeInt | Sides | tuple[Sides, Sides])
]
Padding = Literal["valid", "same"] | _Numbers
Dimensions = Annotated[
    tuple[PositiveInt, ...],
    BeforeValidator(
        lambda value: (value,) if isinstance(value, int) else value,
        PositiveInt | tuple[PositiveInt, ...],
    ),
]
