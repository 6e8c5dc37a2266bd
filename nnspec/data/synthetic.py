"""Rows of synthetic sources, identical on every machine and independent for training and test.

A value depends only on the source's seed, the function, the split (training or test), the column
and, where it is normal, the number of rows. A machine's own sine, logarithm or root may differ in
the last bit of a float64; so their results are rounded to float32.
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
InputsAndTargets = tuple[NDArray[Any], NDArray[Any]]


class SyntheticSampler(NamedTuple):
    """Sampler of the columns of a split."""

    rows: int
    noise: float  # standard deviation
    key: tuple[str | int, ...]

    def uniform(self, column: str, low: float, high: float) -> Floats:
        """Sample U(low, high) for each row."""
        return low + (high - low) * philox.uniform(self.rows, *self.key, column)

    def error(self, column: str = "e") -> Floats:
        """Sample N(0, noise^2) for each row."""
        return self.noise * _round_to_float32(philox.normal(self.rows, *self.key, column))


def draw_rows(function: Function, sampler: SyntheticSampler) -> InputsAndTargets:
    """Draw the inputs and targets of a function."""
    return FUNCTIONS[function](function, sampler)


def linear(function: LinearFunction, sampler: SyntheticSampler) -> InputsAndTargets:
    """y = b + sum_i w_i x_i + e, with x_i from U(-1, 1)."""
    bias, *slopes = function.coefficients
    columns = [sampler.uniform(f"x{i}", -1, 1) for i in range(1, len(slopes) + 1)]
    terms = [slope * column for slope, column in zip(slopes, columns, strict=True)]
    return np.stack(columns, axis=1), reduce(np.add, terms, bias + sampler.error())


def polynomial(function: PolynomialFunction, sampler: SyntheticSampler) -> InputsAndTargets:
    """y = sum_i c_i x^i + e, with x from U(-1, 1)."""
    x = sampler.uniform("x", -1, 1)
    return x[:, None], np.polynomial.polynomial.polyval(x, function.coefficients) + sampler.error()


def sine(function: SineFunction, sampler: SyntheticSampler) -> InputsAndTargets:
    """y = sin(pi periods x) + e, with x from U(-1, 1)."""
    x = sampler.uniform("x", -1, 1)
    return x[:, None], _round_to_float32(np.sin(np.pi * function.periods * x)) + sampler.error()


def moons(_: MoonsFunction, sampler: SyntheticSampler) -> InputsAndTargets:
    """Points of two interleaving half circles with noise; targets 0 and 1, alternating."""
    angle = sampler.uniform("t", 0, np.pi)
    across, up = _round_to_float32(np.cos(angle)), _round_to_float32(np.sin(angle))
    label = np.arange(sampler.rows) % 2
    columns = np.where(label, [1 - across, 0.5 - up], [across, up])
    return columns.T + np.stack([sampler.error("e1"), sampler.error("e2")], axis=1), label


def income_and_hours(
    function: IncomeAndHoursFunction, sampler: SyntheticSampler
) -> InputsAndTargets:
    """y = 1 where income / max income > hours / max hours (plus noise), else 0."""
    income, hours = (
        sampler.uniform(f"x{i}", 0, most) for i, most in enumerate(function.magnitudes, 1)
    )
    index = income / function.magnitudes[0] - hours / function.magnitudes[1] + sampler.error()
    return np.stack([income, hours], axis=1), (index > 0).astype(np.int64)


def _round_to_float32(numbers: Floats) -> Floats:
    return numbers.astype(np.float32).astype(np.float64)
