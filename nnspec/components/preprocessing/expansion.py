"""The polynomial basis expansion of columns."""

from __future__ import annotations

from math import comb, prod
from typing import Annotated

from pydantic import Field

from nnspec.components.preprocessing.base import Transform, floating
from nnspec.errors import ShapeError
from nnspec.options.shapes import format_shape
from nnspec.options.tensor_spec import TensorSpec
from nnspec.options.types import MAX_SIZE, PositiveInt

MAX_DEGREE = 100


class PolynomialTransform(Transform, kind="polynomial", primary="degree"):
    """Basis expansion: the products of up to `degree` columns of a row, such as x1, x1^2, x1 x2.

    By degree, within it in the order of the columns: for degree 2 of two columns x1, x2, x1^2,
    x1 x2, x2^2. Without `interactions` the powers of single columns alone: x1, x2, x1^2, x2^2.
    There is no column of 1, since a layer has its bias. From n columns come (n + degree over
    degree) - 1, without interactions n degree. A row of a single number is one column.
    """

    degree: Annotated[PositiveInt, Field(le=MAX_DEGREE)]
    interactions: bool = True

    example = "{polynomial: 3}"

    def apply(self, x: TensorSpec) -> TensorSpec:
        """Shape (number of products,); a ShapeError for several axes, or too many products."""
        if len(x.shape) > 1:
            raise ShapeError(f"polynomial gets {format_shape(x.shape)}; flatten it first")
        columns = self._columns(prod(x.shape))
        if not 0 < columns <= MAX_SIZE:
            many = f"more than {MAX_SIZE:,}" if columns else "no"
            raise ShapeError(f"polynomial makes {many} columns of {format_shape(x.shape)}")
        return TensorSpec((columns,), floating(x.dtype))

    def _columns(self, n: int) -> int:
        return comb(n + self.degree, self.degree) - 1 if self.interactions else n * self.degree
