"""Initializers with a distribution of given width: uniform, normal, truncated normal."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from nnspec.components.initializers.base import MAX_FLOAT32, Initializer
from nnspec.options.messages import LocatedError
from nnspec.options.types import NonNegativeFloat, PositiveFloat

_Float32 = Annotated[float, Field(ge=-MAX_FLOAT32, le=MAX_FLOAT32)]
_MOST_DEVIATIONS = 9  # that a normal sample of 53 random bits is from the mean
_TRUNCATED_DEVIATIONS = 2


def _check_reach(mean: float, stddev: float, deviations: int) -> None:
    """Raise LocatedError where a weight could be drawn that is infinite in float32."""
    if abs(mean) + deviations * stddev > MAX_FLOAT32:
        option = "mean" if abs(mean) > MAX_FLOAT32 else "stddev"
        reach = f"mean and {deviations} stddev must stay below 3.4e38, the largest float32"
        raise LocatedError(reach, option)


class RandomUniform(Initializer, kind="random_uniform"):
    """U(minval, maxval).

    Remark: breaks the symmetry between the neurons of a layer. The width does not fit itself to
    the layer; glorot_uniform's does.
    """

    minval: _Float32 = -0.05
    maxval: _Float32 = 0.05


class RandomNormal(Initializer, kind="random_normal", primary="stddev"):
    """N(mean, stddev^2).

    Remark: breaks the symmetry between the neurons of a layer. The width does not fit itself to
    the layer; glorot_normal's does.
    """

    mean: float = 0.0
    stddev: NonNegativeFloat = 0.05

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        _check_reach(self.mean, self.stddev, _MOST_DEVIATIONS)
        return self


class TruncatedNormal(Initializer, kind="truncated_normal", primary="stddev"):
    """N(mean, stddev^2), drawn again where it is more than two stddev from the mean.

    Not rescaled: its standard deviation is 0.88 stddev, as in Keras.

    Remark: random_normal without the rare large weights that start a neuron saturated.
    """

    mean: float = 0.0
    stddev: PositiveFloat = 0.05

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        _check_reach(self.mean, self.stddev, _TRUNCATED_DEVIATIONS)
        return self
