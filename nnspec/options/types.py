"""The types of options: bounded numbers, pairs, paddings, shapes."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema

from nnspec.options.messages import ExpectedForm

Size = int
_NAME = r"[^\W\d][\w-]*"
MAX_NAME = 100  # characters
Name = Annotated[
    str,
    Field(pattern=rf"^{_NAME}$", max_length=MAX_NAME),
    ExpectedForm("letters, digits, _ and -, a letter first"),
]
Reference = Annotated[  # a layer, or one in a group: `vision.pooled`
    str,
    Field(pattern=rf"^{_NAME}(\.[\w-]+)*$", max_length=MAX_NAME),
    ExpectedForm("names of letters, digits, _ and -, with dots between them"),
]
Shape = tuple[int, ...]  # without the batch axis

MAX_SIZE = 2**31 - 1
MAX_AXES = 32  # no array library takes more than 64

PositiveInt = Annotated[int, Field(gt=0, le=MAX_SIZE)]
NonNegativeInt = Annotated[int, Field(ge=0, le=MAX_SIZE)]
Seed = Annotated[int, Field(ge=0)]
PositiveFloat = Annotated[float, Field(gt=0)]
NonNegativeFloat = Annotated[float, Field(ge=0)]
UnitInterval = Annotated[float, Field(ge=0, lt=1)]


def _one_or_two(value: Any) -> Any:
    """`3` means (3, 3)."""
    return (value, value) if isinstance(value, int) else value


def one_or_more(value: Any) -> Any:
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
    BeforeValidator(_one_or_two, json_schema_input_type=PositiveInt | _Two),
    ExpectedForm("a positive whole number or a list of two"),
]
Sides = tuple[NonNegativeInt, NonNegativeInt]  # before and after
_Numbers = Annotated[
    tuple[Sides, Sides],
    BeforeValidator(_paddings, json_schema_input_type=NonNegativeInt | Sides | tuple[Sides, Sides]),
]
ExplicitPadding = Annotated[
    _Numbers, ExpectedForm("a whole number, a list of two, or [[top, bottom], [left, right]]")
]
Padding = Annotated[
    Literal["valid", "same"] | _Numbers,
    ExpectedForm("valid, same, a whole number, a list of two, or [[top, bottom], [left, right]]"),
]
_Sizes = Annotated[tuple[PositiveInt, ...], Field(max_length=MAX_AXES)]
Dimensions = Annotated[
    _Sizes, BeforeValidator(one_or_more, json_schema_input_type=PositiveInt | _Sizes)
]
BatchSize = Annotated[PositiveInt | Literal["all"], ExpectedForm("a positive whole number or all")]


class NotEmpty:
    """In `Annotated`: an option that may be absent, but not written and empty."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """The schema of what may be None, without the None."""
        return handler.generate_schema(get_args(source)[0])
