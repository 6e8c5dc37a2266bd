"""The types of components' options: strict numbers, pairs, paddings, shapes.

Everything here is strict: `"3"`, `3.0` and `true` are no integers. Only lists and tuples are
taken for each other, because YAML has lists alone. The second argument of `Before` is what may
be written, for the JSON Schema.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from nnspec.options.messages import ExpectedForm
from nnspec.options.model import Before, Core, Is

Size = int
Shape = tuple[int, ...]  # without the batch axis

MAX_SIZE = 2**31 - 1

_INT: Core = {"type": "int", "strict": True}
_FLOAT: Core = {"type": "float", "strict": True, "allow_inf_nan": False}

Int = Annotated[int, Is(**_INT)]
PositiveInt = Annotated[int, Is(**_INT, gt=0, le=MAX_SIZE)]
NonNegativeInt = Annotated[int, Is(**_INT, ge=0, le=MAX_SIZE)]
Float = Annotated[float, Is(**_FLOAT)]
PositiveFloat = Annotated[float, Is(**_FLOAT, gt=0)]
NonNegativeFloat = Annotated[float, Is(**_FLOAT, ge=0)]
UnitInterval = Annotated[float, Is(**_FLOAT, ge=0, lt=1)]
Bool = Annotated[bool, Is(type="bool", strict=True)]
Str = Annotated[str, Is(type="str", strict=True)]


MAX_AXES = 32  # no array library takes more than 64


def _one_or_two(value: Any) -> Any:
    """`3` means (3, 3)."""
    return (value, value) if isinstance(value, int) else value


def _one_or_more(value: Any) -> Any:
    """`3` means (3)."""
    return (value,) if isinstance(value, int) else value


def _paddings(value: Any) -> Any:
    """`1` means ((1, 1), (1, 1)); `[1, 2]` means ((1, 1), (2, 2))."""
    if isinstance(value, int):
        value = (value, value)
    if isinstance(value, list | tuple) and all(isinstance(one, int) for one in value):
        return tuple((one, one) for one in value)
    return value


_Two = tuple[PositiveInt, PositiveInt]
Pair = Annotated[
    _Two,
    Before(_one_or_two, PositiveInt | _Two),
    ExpectedForm("a positive whole number or a list of two"),
]
Sides = tuple[NonNegativeInt, NonNegativeInt]  # before and after
_Numbers = Annotated[
    tuple[Sides, Sides], Before(_paddings, NonNegativeInt | Sides | tuple[Sides, Sides])
]
Padding = Annotated[
    Literal["valid", "same"] | _Numbers,
    ExpectedForm("valid, same, a whole number, a list of two, or [[top, bottom], [left, right]]"),
]
_Sizes = Annotated[tuple[PositiveInt, ...], Is(max_length=MAX_AXES)]
Dimensions = Annotated[_Sizes, Before(_one_or_more, PositiveInt | _Sizes)]
BatchSize = Annotated[PositiveInt | Literal["all"], ExpectedForm("a positive whole number or all")]
