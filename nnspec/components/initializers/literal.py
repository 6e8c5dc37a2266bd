"""Initializers with numbers written in the spec: values and filters."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, model_validator

from nnspec.components.initializers.base import Initializer, rounded_in_float32
from nnspec.errors import ShapeError
from nnspec.options.messages import ExpectedForm, LocatedError
from nnspec.options.nested_numbers import read_column, shape_of
from nnspec.options.shapes import format_shape
from nnspec.options.types import Shape


def _frozen(value: Any) -> Any:
    """Nested lists as nested tuples."""
    return tuple(map(_frozen, value)) if isinstance(value, list | tuple) else value


def _flat(value: Any) -> Iterator[float]:
    """The numbers in nested tuples."""
    if not isinstance(value, tuple):
        yield value
        return
    for item in value:
        yield from _flat(item)


def _with_paths(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], float]]:
    """The numbers in nested tuples, each with the path to it."""
    if not isinstance(value, tuple):
        yield path, value
        return
    for index, item in enumerate(value):
        yield from _with_paths(item, (*path, index))


_Numbers = Annotated[
    Any,
    BeforeValidator(_frozen, json_schema_input_type=float | tuple[Any, ...]),
    ExpectedForm("a number or nested lists of numbers"),
]
_Images = Annotated[
    Any,
    BeforeValidator(_frozen, json_schema_input_type=tuple[Any, ...]),
    ExpectedForm("a list of images, each nested lists"),
]


class LiteralInitializer(Initializer):
    """Numbers that are written in the spec."""

    @property
    def lists(self) -> Any:
        """The nested lists of numbers."""
        raise TypeError(f"{type(self).__name__} lacks lists")

    @property
    def shape(self) -> Shape:
        """The shape of the nested lists."""
        return shape_of(self.lists)

    @property
    def units_are_equal(self) -> bool:
        """Whether all units, or filters, start with the same numbers."""
        raise TypeError(f"{type(self).__name__} lacks units_are_equal")

    def numbers(self) -> Iterator[float]:
        """Every number."""
        return _flat(self.lists)

    def check_float32(self, option: str) -> None:
        """Raise LocatedError at a number of an option that is infinite, or 0, in float32."""
        for path, number in _with_paths(self.lists, (option,)):
            if rounded := rounded_in_float32(number):
                raise LocatedError(rounded, *path)


class Values(LiteralInitializer, kind="values", primary="values"):
    """Weight values as nested lists of the weight's own shape, channels last, as in Keras.

    A dense kernel has a list for each input, which holds a number for each unit: (in, units); a
    bias has a number for each unit. A number alone starts a weight of a single number. Like every
    weight, each is rounded to float32.

    Remark: for networks worked out by hand; equal columns keep their neurons equal for ever.
    """

    values: _Numbers

    example = "{values: [[0.5, -0.5], [1, 0]]}"

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        read_column("values", self.values if isinstance(self.values, tuple) else (self.values,))
        self.check_float32("values")
        return self

    @property
    def lists(self) -> Any:
        """The numbers."""
        return self.values

    @property
    def units_are_equal(self) -> bool:
        """Whether each of the innermost lists, which hold a number for each unit, has only one."""
        numbers, units = list(self.numbers()), (1, *self.shape)[-1]
        return all(len(set(numbers[at : at + units])) == 1 for at in range(0, len(numbers), units))

    def check(self, weight: str, shape: Shape) -> None:
        """Raise ShapeError unless the shapes are equal; a number fits any weight of one element."""
        if self.shape == shape or (self.shape == () and prod(shape) == 1):
            return
        if self.shape == ():
            hint = f"{{constant: {self.values}}} is the same number everywhere"
            raise ShapeError(f"{weight} takes values {format_shape(shape)}, not a number", hint)
        raise ShapeError(
            f"{weight} takes values {format_shape(shape)}, not {format_shape(self.shape)}"
        )


class Filters(LiteralInitializer, kind="filters", primary="filters"):
    """Filters of a 2-D convolution as nested lists, one image per filter.

    (filters, height, width) where the kernel reads one channel, (filters, height, width,
    channels) where it reads several: kernel[i, j, c, f] = filters[f][i][j][c].

    Remark: a filter finds what looks like it: the product is large where the image does.
    """

    filters: _Images

    example = "{filters: [[[1, -1, -1], [-1, 1, -1], [-1, -1, 1]]]}"

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        if not isinstance(self.filters, tuple):
            raise LocatedError("filters must be a list of images", "filters")
        read_column("filters", self.filters)
        if len(self.shape) not in (3, 4):
            message = "each filter must be an image, (height, width) or (height, width, channels), "
            raise LocatedError(f"{message}not {format_shape(self.shape[1:])}", "filters")
        self.check_float32("filters")
        return self

    @property
    def lists(self) -> Any:
        """The images."""
        return self.filters

    @property
    def units_are_equal(self) -> bool:
        """Whether all images are the same."""
        return len(set(self.filters)) == 1

    def check(self, weight: str, shape: Shape) -> None:
        """Raise ShapeError unless number, size and channels of the filters match the kernel."""
        if len(shape) != 4:
            message = (
                f"{weight} has the shape {format_shape(shape)}; filters start a 2-D convolution"
            )
            raise ShapeError(message, "take {values: ...}")
        *window, channels, count = shape
        wanted = (count, *window, channels)
        if self.shape != wanted and (channels != 1 or self.shape != wanted[:3]):
            raise ShapeError(
                f"{weight} takes filters {format_shape(wanted)}, not {format_shape(self.shape)}"
            )
