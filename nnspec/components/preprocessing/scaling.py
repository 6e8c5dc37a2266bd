"""Preprocessing steps that shift, scale and bound numbers."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from nnspec.components.preprocessing.base import Transform, floating
from nnspec.options.tensor_spec import TensorSpec


class RealTransform(Transform):
    """Base class of steps that compute real numbers in the shape of what they get."""

    def apply(self, x: TensorSpec) -> TensorSpec:
        """The shape stays; whole numbers become real ones."""
        return x._replace(dtype=floating(x.dtype))


class DivideTransform(RealTransform, kind="divide", primary="divisor"):
    """x / divisor."""

    elementwise = True
    divisor: float

    example = "{divide: 255}"

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        if self.divisor == 0:
            raise ValueError("the divisor must not be 0")
        return self


class ScaleTransform(RealTransform, kind="scale"):
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


class StandardizeTransform(RealTransform, kind="standardize"):
    """(x - mean) / standard deviation for each column, by the training rows (標準化).

    The deviation is the population's (divided by n); a constant column becomes 0, in all rows.
    Constant is what differs by rounding alone.
    """

    elementwise = True


class NormalizeTransform(RealTransform, kind="normalize", primary="norm"):
    """x / |x|: each row divided by its own norm, which is 1 then; a row of zeros stays.

    |x| is the root of the sum of squares for `l2`, the sum of absolute values for `l1`, the largest
    absolute value for `max`. All numbers of a row count, whatever its shape.
    """

    norm: Literal["l2", "l1", "max"] = "l2"

    example = "{normalize: l2}"


class ClipTransform(RealTransform, kind="clip"):
    """min(max(x, minimum), maximum): numbers beyond a bound become that bound.

    Infinite numbers are beyond it, too. One of the bounds may be left out.
    """

    elementwise = True
    minimum: float | None = None
    maximum: float | None = None

    example = "{clip: {minimum: 0, maximum: 100}}"

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        if self.minimum is None and self.maximum is None:
            raise ValueError("needs a minimum, a maximum, or both")
        if self.minimum is not None and self.maximum is not None and self.minimum >= self.maximum:
            raise ValueError("minimum must be below maximum")
        return self


class LogTransform(RealTransform, kind="log", primary="offset"):
    """log(x + offset), the natural logarithm; a number of x + offset <= 0 is an error.

    `log: 1` is log(1 + x), as exact near 0 as elsewhere: for counts and amounts that may be 0.
    """

    elementwise = True
    offset: float = 0.0

    example = "{log: 1}"
