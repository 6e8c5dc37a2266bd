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
    """Class k of n as n columns, with 1 in column k and 0 elsewhere."""

    classes: PositiveInt

    example = "{one_hot: 10}"

    def apply(self, x: TensorSpec) -> TensorSpec:
        """Shape (classes,) in float32; a ShapeError unless a row has exactly one element."""
        if prod(x.shape) != 1:
            raise ShapeError(
                f"one_hot needs one class index a row and gets {format_shape(x.shape)}"
            )
        return TensorSpec((self.classes,), "float32")
