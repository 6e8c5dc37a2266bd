"""A penalty on vectors that are not orthogonal to each other."""

from __future__ import annotations

from typing import Literal

from nnspec.components.regularizers.base import Orthogonality, Regularizer
from nnspec.errors import ShapeError
from nnspec.options.shapes import format_shape
from nnspec.options.types import NonNegativeFloat, Shape

MAX_VECTORS = 1 << 14  # each pair is compared


class OrthogonalRegularizer(Regularizer, kind="orthogonal", primary="factor"):
    """factor times the mean of |n_i . n_j| over all pairs of rows (or columns) of a matrix, each
    divided by its length: n = w / max(|w|, 1e-7). It is Keras' `OrthogonalRegularizer`.

    A dense kernel has a row for each input and a column for each unit. The gradient has the sign
    of each product: where that is 0 but for rounding, as after an `orthogonal` start, backends may
    have different ones. At most 16,384 rows (or columns) are compared.

    Remark: columns that look for the same are pushed apart, whatever their lengths.
    """

    factor: NonNegativeFloat = 0.01
    mode: Literal["rows", "columns"] = "rows"

    @property
    def strengths(self) -> tuple[float, float]:
        """None of l1 or l2."""
        return 0.0, 0.0

    @property
    def orthogonality(self) -> Orthogonality:
        """The options."""
        return Orthogonality(self.factor, self.mode == "rows")

    def check(self, weight: str, shape: Shape) -> None:
        """Raise ShapeError unless the weight is a matrix with some pairs of vectors."""
        if len(shape) != 2:
            message = f"{weight} has the shape {format_shape(shape)}; orthogonal penalizes a matrix"
            raise ShapeError(message)
        count = shape[0] if self.mode == "rows" else shape[1]
        if not 2 <= count <= MAX_VECTORS:
            other = "columns" if self.mode == "rows" else "rows"
            message = f"orthogonal takes 2 to {MAX_VECTORS:,} {self.mode}; {weight} has {count:,}"
            raise ShapeError(message, f"take mode: {other}")
