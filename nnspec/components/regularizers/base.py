"""Base class of regularizers: weight penalties added to the training and the reported loss."""

from __future__ import annotations

from typing import NamedTuple

from nnspec.options.component import Component
from nnspec.options.types import Shape

SHORTEST = 1e-7  # a vector is divided by its length, or by this


class Orthogonality(NamedTuple):
    """factor times the mean |n_i . n_j| over pairs of rows, or columns, each of length 1."""

    factor: float
    by_rows: bool


class Regularizer(Component):
    """A penalty l1 sum |w| + l2 sum w^2 on a weight; its gradient is l1 sign w + 2 l2 w."""

    family = "regularizer"

    @property
    def strengths(self) -> tuple[float, float]:
        """The coefficients (l1, l2) of sum |w| and sum w^2."""
        raise TypeError(f"{type(self).__name__} lacks strengths")

    @property
    def orthogonality(self) -> Orthogonality | None:
        """The penalty on vectors that are not orthogonal, if it has one."""
        return None

    def check(self, weight: str, shape: Shape) -> None:
        """Raise ShapeError if it cannot penalize a weight of canonical shape `shape`."""
