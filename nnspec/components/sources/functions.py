"""The functions that `source: synthetic` draws rows from: small data with a known truth.

Here are the options and what a row looks like; the numbers are drawn in `nnspec.data`.
e is normal with the source's `noise` as its standard deviation.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nnspec.options.component import Component
from nnspec.options.tensor_spec import TensorSpec
from nnspec.options.types import PositiveFloat


class Function(Component):
    """Inputs x drawn at random, and a target y for each."""

    family = "function"

    @property
    def inputs(self) -> TensorSpec:
        """A row of the inputs; most have one column."""
        return TensorSpec((1,), "float64")

    @property
    def targets(self) -> TensorSpec:
        """A row of the targets: one number, for most."""
        return TensorSpec((), "float64")

    @property
    def magnitudes(self) -> tuple[float, ...]:
        """The largest size of each column of the inputs."""
        return (1.0,) * self.inputs.shape[0]


_LABEL = TensorSpec((), "int64")


class LinearFunction(Function, kind="linear", primary="coefficients"):
    """y = w0 + w1 x1 + w2 x2 + ... + e, each x uniform in [-1, 1).

    The coefficients are w0, w1, w2, ...: a row has a column for each but the first.
    """

    coefficients: Annotated[tuple[float, ...], Field(min_length=2)] = (1.0, 2.0, -3.0, 0.5)

    @property
    def inputs(self) -> TensorSpec:
        """A column for each coefficient but the first."""
        return TensorSpec((len(self.coefficients) - 1,), "float64")


class PolynomialFunction(Function, kind="polynomial", primary="coefficients"):
    """y = c0 + c1 x + c2 x^2 + ... + e, x uniform in [-1, 1). The coefficients are c0, c1, ..."""

    coefficients: Annotated[tuple[float, ...], Field(min_length=1)] = (1.0, -2.0, -3.0, 4.0)


class SineFunction(Function, kind="sine", primary="periods"):
    """y = sin(pi periods x) + e, x uniform in [-1, 1): that many periods from end to end."""

    periods: PositiveFloat = 1.0


class MoonsFunction(Function, kind="moons"):
    """Two half circles that reach into each other, which no line parts; both columns with e.

    Class 0 is (cos t, sin t), class 1 is (1 - cos t, 1/2 - sin t), t uniform in [0, pi). The
    classes take turns: y = 0, 1, 0, 1, ...
    """

    @property
    def inputs(self) -> TensorSpec:
        """Two coordinates."""
        return TensorSpec((2,), "float64")

    @property
    def targets(self) -> TensorSpec:
        """A class."""
        return _LABEL

    @property
    def magnitudes(self) -> tuple[float, ...]:
        """The largest size of each column, without the noise."""
        return 2.0, 1.0


class IncomeAndHoursFunction(Function, kind="income_and_hours"):
    """Columns of very different size: a yearly income and daily hours, and a yes or no.

    The income is uniform in [0, 5,000,000), the hours are uniform in [0, 24). y is 1 where
    income / 5,000,000 - hours / 24 + e > 0, else 0: both count alike. A network that gets them as
    they are sees the income alone, and what it learns depends on its start; `standardize` mends it.
    """

    @property
    def inputs(self) -> TensorSpec:
        """Income and hours."""
        return TensorSpec((2,), "float64")

    @property
    def targets(self) -> TensorSpec:
        """Yes or no."""
        return _LABEL

    @property
    def magnitudes(self) -> tuple[float, ...]:
        """The largest income and a day."""
        return 5_000_000, 24
