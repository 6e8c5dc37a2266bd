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


def one_or_more(value: Any) -> Any:
    """`3` means (3)."""
    return (value,) if isinstance(value, int) else value


_OpenSizes = Annotated[tuple[PositiveInt | None, ...], Field(max_length=MAX_AXES)]
OpenDimensions = Annotated[  # sizes of axes, of which some are left open
    _OpenSizes, BeforeValidator(one_or_more, json_schema_input_type=PositiveInt | _OpenSizes)
]
OpenShape = tuple[int | None, ...]
BatchSize = Annotated[PositiveInt | Literal["all"], ExpectedForm("a positive whole number or all")]


class NotEmpty:
    """In `Annotated`: an option that may be absent, but not written and empty."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """The schema of what may be None, without the None."""
        return handler.generate_schema(get_args(source)[0])
