"""Preprocessing steps that number the categories of columns: one_hot, ordinal."""

from __future__ import annotations

from math import prod
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from nnspec.components.preprocessing.base import Transform
from nnspec.errors import ShapeError
from nnspec.options.messages import LocatedError
from nnspec.options.shapes import format_shape
from nnspec.options.tensor_spec import TensorSpec
from nnspec.options.types import PositiveInt

Category = bool | int | float | str
Categories = Annotated[tuple[Category, ...], Field(min_length=1)]


class OneHotTransform(Transform, kind="one_hot", primary="classes"):
    """Category k of n as n columns, with 1 in column k and 0 elsewhere.

    `one_hot: 10` takes class numbers, 0 to 9. `categories` lists the values of a column, whose
    order is kept. Without both the categories of each column are the `values` that `data: columns`
    lists for it, or the different values of the training rows, sorted. Of several columns, those of
    the first come first.

    A value that is none of the categories is an error, as is a missing one; with `unknown: zeros`
    all columns are 0 then.
    """

    takes = ("numbers", "text")
    classes: PositiveInt | None = None
    categories: Categories | None = None
    unknown: Literal["error", "zeros"] = "error"

    example = "{one_hot: 10}"

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        if self.classes and self.categories:
            raise LocatedError("has a number of classes and categories", "categories")
        _check_categories(self.categories)
        return self

    def apply(self, x: TensorSpec) -> TensorSpec | None:
        """Shape (number of categories,) in float32, of n columns n times that.

        Only the training rows tell it where nothing states them. A ShapeError where a row has
        several class numbers.
        """
        _check_kind(self, x)
        if self.categories:
            return TensorSpec((prod(x.shape) * len(self.categories),), "float32")
        if self.classes is None:
            stated = x.categories
            return TensorSpec((sum(stated),), "float32") if stated else None
        if prod(x.shape) != 1:
            raise ShapeError(
                f"one_hot needs one class index a row and gets {format_shape(x.shape)}"
            )
        return TensorSpec((self.classes,), "float32")


class OrdinalTransform(Transform, kind="ordinal"):
    """The number of each value among its column's categories, counted from 0.

    The categories are those that `categories` lists, in that order, or the `values` that `data:
    columns` lists for the column, or the different values of the training rows, sorted. A value
    that is none of n categories is an error, as is a missing one; with `unknown: other` it gets the
    number n.
    """

    takes = ("numbers", "text")
    elementwise = True
    makes_indices = True
    categories: Categories | None = None
    unknown: Literal["error", "other"] = "error"

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        _check_categories(self.categories)
        return self

    def apply(self, x: TensorSpec) -> TensorSpec:
        """The same shape in whole numbers."""
        _check_kind(self, x)
        return x._replace(dtype="int64")


def _check_categories(categories: tuple[Category, ...] | None) -> None:
    """Raise an error at a category that stands twice, or is empty, or of another type."""
    categories = categories or ()
    for number, one in enumerate(categories):
        if one in categories[:number]:
            raise LocatedError(f"{one!r} stands there twice", "categories", number)
        if one == "":
            raise LocatedError("an empty text is a missing value", "categories", number)
        if isinstance(one, str) is not isinstance(categories[0], str):
            raise LocatedError("text and numbers among one list", "categories", number)


def _check_kind(step: OneHotTransform | OrdinalTransform, x: TensorSpec) -> None:
    """Raise ShapeError unless the categories that a step states are of the kind of a column."""
    classes = getattr(step, "classes", None)
    if classes and x.kind != "numbers":
        message = f"one_hot: {classes} takes class numbers, not text"
        raise ShapeError(message, "leave its number out")
    if step.categories and isinstance(step.categories[0], str) is (x.kind == "numbers"):
        kind = "text" if x.kind == "numbers" else "numbers"
        raise ShapeError(f"the categories of {step.kind} are {kind}, and it gets {x.kind}")
