"""The base class of initializers.

fan_in and fan_out are the connections into and out of a unit; for a kernel (*k, in, out) they
are prod(k) in and prod(k) out. The numbers are drawn in `nnspec.randomness`.
"""

from __future__ import annotations

from nnspec.options.component import Component
from nnspec.options.types import Shape

MAX_FLOAT32 = 3.4028234663852886e38  # the largest float32


class Initializer(Component):
    """Base class of initializers: the distribution of a weight's initial values."""

    family = "initializer"

    def check(self, weight: str, shape: Shape) -> None:
        """Raise ShapeError if it cannot initialize a weight of canonical shape `shape`."""
