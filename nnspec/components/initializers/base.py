"""The base class of initializers.

fan_in and fan_out are the connections into and out of a unit; for a kernel (*k, in, out) they
are prod(k) in and prod(k) out. The numbers are drawn in `nnspec.randomness`.
"""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from nnspec.options.component import Component
from nnspec.options.messages import LocatedError
from nnspec.options.types import Shape

MAX_FLOAT32 = 3.4028234663852886e38  # the largest float32
_ROUNDED_TO_0 = 2.0**-150  # the largest number that is 0 in float32


def rounded_in_float32(number: float) -> str:
    """What a number is in float32, `1e-60 is 0 in float32`; empty where it stays a number."""
    if abs(number) > MAX_FLOAT32:
        return f"{number} is infinite in float32"
    return f"{number} is 0 in float32" if 0 < abs(number) <= _ROUNDED_TO_0 else ""


class Initializer(Component):
    """Base class of initializers: the distribution of a weight's initial values."""

    family = "initializer"

    @model_validator(mode="after")
    def _check_not_0(self) -> Self:
        """Weights are float32: an option that is 0 in it would be another one.

        How large they may be is for each initializer to say.
        """
        for name, value in self.options().items():
            if isinstance(value, float) and 0 < abs(value) <= _ROUNDED_TO_0:
                raise LocatedError(rounded_in_float32(value), name)
        return self

    def check(self, weight: str, shape: Shape) -> None:
        """Raise ShapeError if it cannot initialize a weight of canonical shape `shape`."""
