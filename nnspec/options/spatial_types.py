"""The types of options with a number for each spatial axis: sizes of windows, paddings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from nnspec.options.messages import ExpectedForm
from nnspec.options.types import NonNegativeInt, PositiveInt


def _for_each_axis(rank: int) -> Callable[[Any], Any]:
    """`3` means (3, 3) on two axes."""
    return lambda value: (value,) * rank if isinstance(value, int) else value


def _sides(rank: int) -> Callable[[Any], Any]:
    """`1` means ((1, 1), (1, 1)) on two axes; `[1, 2]` means ((1, 1), (2, 2)), on one ((1, 2),)."""

    def both_sides(value: Any) -> Any:
        if isinstance(value, int):
            return ((value, value),) * rank
        if not isinstance(value, list | tuple) or not all(isinstance(one, int) for one in value):
            return value
        return (tuple(value),) if rank == 1 else tuple((one, one) for one in value)

    return both_sides


_One = tuple[PositiveInt]
_Two = tuple[PositiveInt, PositiveInt]
_Three = tuple[PositiveInt, PositiveInt, PositiveInt]
Single = Annotated[
    _One,
    BeforeValidator(_for_each_axis(1), json_schema_input_type=PositiveInt | _One),
    ExpectedForm("a positive whole number"),
]
Pair = Annotated[
    _Two,
    BeforeValidator(_for_each_axis(2), json_schema_input_type=PositiveInt | _Two),
    ExpectedForm("a positive whole number or a list of two"),
]
Triple = Annotated[
    _Three,
    BeforeValidator(_for_each_axis(3), json_schema_input_type=PositiveInt | _Three),
    ExpectedForm("a positive whole number or a list of three"),
]

_Zero1 = tuple[NonNegativeInt]
_Zero2 = tuple[NonNegativeInt, NonNegativeInt]
_Zero3 = tuple[NonNegativeInt, NonNegativeInt, NonNegativeInt]
OutputPadding1D = Annotated[
    _Zero1,
    BeforeValidator(_for_each_axis(1), json_schema_input_type=NonNegativeInt | _Zero1),
    ExpectedForm("a whole number"),
]
OutputPadding2D = Annotated[
    _Zero2,
    BeforeValidator(_for_each_axis(2), json_schema_input_type=NonNegativeInt | _Zero2),
    ExpectedForm("a whole number or a list of two"),
]
OutputPadding3D = Annotated[
    _Zero3,
    BeforeValidator(_for_each_axis(3), json_schema_input_type=NonNegativeInt | _Zero3),
    ExpectedForm("a whole number or a list of three"),
]

Sides = tuple[NonNegativeInt, NonNegativeInt]  # before and after
_Numbers1 = Annotated[
    tuple[Sides],
    BeforeValidator(_sides(1), json_schema_input_type=NonNegativeInt | Sides | tuple[Sides]),
]
_Numbers2 = Annotated[
    tuple[Sides, Sides],
    BeforeValidator(_sides(2), json_schema_input_type=NonNegativeInt | Sides | tuple[Sides, Sides]),
]
_Numbers3 = Annotated[
    tuple[Sides, Sides, Sides],
    BeforeValidator(
        _sides(3),
        json_schema_input_type=NonNegativeInt | _Zero3 | tuple[Sides, Sides, Sides],
    ),
]
_FORM1 = "a whole number or [before, after]"
_FORM2 = "a whole number, a list of two, or [[top, bottom], [left, right]]"
_FORM3 = "a whole number, a list of three, or three lists of two"
ExplicitPadding1D = Annotated[_Numbers1, ExpectedForm(_FORM1)]
ExplicitPadding2D = Annotated[_Numbers2, ExpectedForm(_FORM2)]
ExplicitPadding3D = Annotated[_Numbers3, ExpectedForm(_FORM3)]
Padding1D = Annotated[Literal["valid", "same"] | _Numbers1, ExpectedForm(f"valid, same, {_FORM1}")]
CausalPadding = Annotated[
    Literal["valid", "same", "causal"] | _Numbers1,
    ExpectedForm(f"valid, same, causal, {_FORM1}"),
]
Padding2D = Annotated[Literal["valid", "same"] | _Numbers2, ExpectedForm(f"valid, same, {_FORM2}")]
Padding3D = Annotated[Literal["valid", "same"] | _Numbers3, ExpectedForm(f"valid, same, {_FORM3}")]
