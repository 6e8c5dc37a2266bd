"""Base class of constraints: what a trained weight is replaced by after each update."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from nnspec.options.component import Component
from nnspec.options.types import Shape

NORM_EPSILON = 1e-7  # is added to the norm that a vector is divided by, as in Keras


class NormRange(NamedTuple):
    """The norms between which vectors are scaled; their numbers lie along `axes` of the weight."""

    minimum: float
    maximum: float
    rate: float
    axes: tuple[int, ...]


class Constraint(Component):
    """A function that replaces a trained weight after each update of the optimizer.

    Numbers below `lower_bound` become it. With a `norm_range`, a vector v of norm n becomes
    v m / (n + 1e-7) with m = rate clip(n, minimum, maximum) + (1 - rate) n. Initial weights, and
    weights that are not trained, stay as they are.
    """

    family = "constraint"
    lower_bound: ClassVar[float | None] = None

    @property
    def norm_range(self) -> NormRange | None:
        """The norms that vectors may have, if it scales any."""
        return None

    def check(self, weight: str, shape: Shape) -> None:
        """Raise ShapeError if it cannot constrain a weight of canonical shape `shape`."""
