"""The preprocessing step that changes the type of numbers: cast."""

from __future__ import annotations

from typing import Literal

from nnspec.components.preprocessing.base import Transform
from nnspec.options.tensor_spec import TensorSpec


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
