"""Preprocessing steps that shift and scale: divide, scale, standardize."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from nnspec.components.preprocessing.base import Transform, floating
from nnspec.options.tensor_spec import TensorSpec


class DivideTransform(Transform, kind="divide", primary="divisor"):
    """x / divisor."""

    elementwise = True
    divisor: float

    example = "{divide: 255}"

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        if self.divisor == 0:
            raise ValueError("the divisor must not be 0")
        return self

    def apply(self, x: TensorSpec) -> TensorSpec:
        """The shape stays; whole numbers become fractions."""
        return x._replace(dtype=floating(x.dtype))


class ScaleTransform(Transform, kind="scale"):
    """Each column moved and stretched to [minimum, maximum], by the training rows' extremes.

    minimum + (x - min) / (max - min) (maximum - minimum); a constant column becomes minimum,
    in all rows. Constant is what differs by rounding alone.
    """

    elementwise = True
    minimum: float = 0.0
    maximum: float = 1.0

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        if self.minimum >= self.maximum:
            raise ValueError("minimum must be below maximum")
        return self

    def apply(self, x: TensorSpec) -> TensorSpec:
        """The shape stays."""
        return x._replace(dtype=floating(x.dtype))


class StandardizeTransform(Transform, kind="standardize"):
    """(x - mean) / standard deviation for each column, by the training rows (標準化).

    The deviation is the population's (divided by n); a constant column becomes 0, in all rows.
    Constant is what differs by rounding alone.
    """

    elementwise = True

    def apply(self, x: TensorSpec) -> TensorSpec:
        """The shape stays."""
        return x._replace(dtype=floating(x.dtype))
