"""Drawing the rows of a synthetic source: the same on every machine, training and test rows apart.

A number depends on the source's seed, the function, the part (training or test), the column, and
where it is normal on how many rows there are; on nothing else. What a machine's own sine,
logarithm or root gives may differ in the last bit of a float64; so such numbers are rounded to
float32.
"""

from __future__ import annotations

from functools import reduce
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnspec.components.sources.functions import (
    Function,
    IncomeAndHoursFunction,
    LinearFunction,
    MoonsFunction,
    PolynomialFunction,
    SineFunction,
)
from nnspec.data.registry import FUNCTIONS
from nnspec.randomness import philox

Floats = NDArray[np.float64]
Drawn = tuple[NDArray[Any], NDArray[Any]]  # inputs and targets


class Draw(NamedTuple):
    """What the columns of a part are drawn from."""

    rows: int
    noise: float
    key: tuple[str | int, ...]

    def uniform(self, column: str, low: float, high: float) -> Floats:
        """Numbers from `low` to below `high`."""
        return low + (high - low) * philox.uniform(self.rows, *self.key, column)

    def error(self, column: str = "e") -> Floats:
        """Normal numbers with the noise as their standard deviation."""
        return self.noise * _rounded(philox.normal(self.rows, *self.key, column))


def draw_rows(function: Function, draw: Draw) -> Drawn:
    """The inputs and targets of a function."""
    return FUNCTIONS[function](function, draw)


def linear(function: LinearFunction, draw: Draw) -> Drawn:
    """The rows of `LinearFunction`."""
    bias, *slopes = function.coefficients
    columns = [draw.uniform(f"x{i}", -1, 1) for i in range(1, len(slopes) + 1)]
    terms = [slope * column for slope, column in zip(slopes, columns, strict=True)]
    return np.stack(columns, axis=1), reduce(np.add, terms, bias + draw.error())


def polynomial(function: PolynomialFunction, draw: Draw) -> Drawn:
    """The rows of `PolynomialFunction`."""
    x = draw.uniform("x", -1, 1)
    return x[:, None], np.polynomial.polynomial.polyval(x, function.coefficients) + draw.error()


def sine(function: SineFunction, draw: Draw) -> Drawn:
    """The rows of `SineFunction`."""
    x = draw.uniform("x", -1, 1)
    return x[:, None], _rounded(np.sin(np.pi * function.periods * x)) + draw.error()


def moons(_: MoonsFunction, draw: Draw) -> Drawn:
    """The rows of `MoonsFunction`."""
    angle = draw.uniform("t", 0, np.pi)
    across, up = _rounded(np.cos(angle)), _rounded(np.sin(angle))
    label = np.arange(draw.rows) % 2
    columns = np.where(label, [1 - across, 0.5 - up], [across, up])
    return columns.T + np.stack([draw.error("e1"), draw.error("e2")], axis=1), label


def income_and_hours(function: IncomeAndHoursFunction, draw: Draw) -> Drawn:
    """The rows of `IncomeAndHoursFunction`."""
    income, hours = (draw.uniform(f"x{i}", 0, most) for i, most in enumerate(function.reach, 1))
    index = income / function.reach[0] - hours / function.reach[1] + draw.error()
    return np.stack([income, hours], axis=1), (index > 0).astype(np.int64)


def _rounded(numbers: Floats) -> Floats:
    return numbers.astype(np.float32).astype(np.float64)
