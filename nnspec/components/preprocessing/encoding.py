"""Preprocessing steps that change how values are encoded: cast, one_hot."""

from __future__ import annotations

from math import prod
from typing import Literal

from nnspec.components.preprocessing.base import Transform
from nnspec.errors import ShapeError
from nnspec.options.shapes import format_shape
from nnspec.options.tensor_spec import TensorSpec
from nnspec.options.types import PositiveInt


class CastTransform(Transform, kind="cast", primary="dtype"):
    """The same numbers in another type.

    A cast keeps the numbers: one that the type does not hold, such as 3.7 or 300 as uint8, is an
    error at its row. Floating types hold a number but for rounding: float32 has about 7 digits,
    whole numbers beyond 2**24 lose their last ones, and what is below 1e-45 becomes 0.
    """

    elementwise = True
    dtype: Literal["float32", "float64", "int32", "int64", "uint8"]

    example = "{cast: float32}"

    def apply(self, x: TensorSpec) -> TensorSpec:
        """The same shape with another dtype."""
        return x._replace(dtype=self.dtype)


class OneHotTransform(Transform, kind="one_hot", primary="classes"):
    """Category k of n as n columns, with 1 in column k and 0 elsewhere.

    `one_hot: 10` takes class numbers, 0 to 9. Without `classes` the categories of each column are
    the different values of the training rows, sorted; another value later is an error.
    """

    takes = ("numbers", "text")
    classes: PositiveInt | None = None

    example = "{one_hot: 10}"

    def apply(self, x: TensorSpec) -> TensorSpec | None:
        """Shape (classes,) in float32; a ShapeError unless a row has exactly one element.

        Without `classes` only the training rows tell.
        """
        if self.classes is None:
            return None
        if x.kind != "numbers":
            raise ShapeError(
                f"one_hot: {self.classes} takes class numbers, not text", "leave its number out"
            )
        if prod(x.shape) != 1:
            raise ShapeError(
                f"one_hot needs one class index a row and gets {format_shape(x.shape)}"
            )
        return TensorSpec((self.classes,), "float32")


class OrdinalTransform(Transform, kind="ordinal"):
    """The number of each value among its column's categories, counted from 0.

    The categories are the different values of the training rows, sorted; another value later is an
    error.
    """

    takes = ("numbers", "text")
    elementwise = True

    def apply(self, x: TensorSpec) -> TensorSpec:
        """The same shape in whole numbers."""
        return x._replace(dtype="int64")
