"""Decaying learning-rate schedules; `step` is the number of completed updates."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from nnspec.components.schedules.base import Schedule, power
from nnspec.options.types import (
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
)


class ExponentialDecay(Schedule, kind="exponential_decay"):
    """initial decay_rate^(step / decay_steps); with `staircase` the exponent is rounded down."""

    initial_learning_rate: PositiveFloat
    decay_steps: PositiveInt
    decay_rate: PositiveFloat
    staircase: bool = False

    example = "{exponential_decay: {initial_learning_rate: 0.1, decay_steps: 100, decay_rate: 0.5}}"

    def rate(self, step: int) -> float:
        """The learning rate after `step` updates."""
        return self.initial_learning_rate * power(self.decay_rate, _share(self, step))


class InverseTimeDecay(Schedule, kind="inverse_time_decay"):
    """initial / (1 + decay_rate step / decay_steps); with `staircase` the ratio is rounded down."""

    initial_learning_rate: PositiveFloat
    decay_steps: PositiveInt
    decay_rate: PositiveFloat
    staircase: bool = False

    example = "{inverse_time_decay: {initial_learning_rate: 0.1, decay_steps: 100, decay_rate: 1}}"

    def rate(self, step: int) -> float:
        """The learning rate after `step` updates."""
        return self.initial_learning_rate / (1 + self.decay_rate * _share(self, step))


class PolynomialDecay(Schedule, kind="polynomial_decay"):
    """(initial - end) (1 - min(step, decay_steps) / decay_steps)^power + end.

    With `cycle` the rate rises again after `decay_steps`: these are multiplied by the smallest
    whole number with which they have not passed.
    """

    initial_learning_rate: PositiveFloat
    decay_steps: PositiveInt
    end_learning_rate: NonNegativeFloat = 0.0001
    power: PositiveFloat = 1.0
    cycle: bool = False

    example = "{polynomial_decay: {initial_learning_rate: 0.1, decay_steps: 1000}}"

    def rate(self, step: int) -> float:
        """The learning rate after `step` updates."""
        cycles = max(1, math.ceil(step / self.decay_steps)) if self.cycle else 1
        steps = self.decay_steps * cycles
        left = 1 - min(step, steps) / steps
        span = self.initial_learning_rate - self.end_learning_rate
        return span * math.pow(left, self.power) + self.end_learning_rate

    @property
    def highest(self) -> float:
        """The first rate or the last."""
        return max(self.initial_learning_rate, self.end_learning_rate)


class PiecewiseConstantDecay(Schedule, kind="piecewise_constant_decay"):
    """values[i] up to and including step boundaries[i], the last value after the last boundary."""

    boundaries: Annotated[tuple[NonNegativeInt, ...], Field(min_length=1)]
    values: tuple[PositiveFloat, ...]

    example = "{piecewise_constant_decay: {boundaries: [1000, 2000], values: [0.1, 0.01, 0.001]}}"

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        if len(self.values) != len(self.boundaries) + 1:
            raise ValueError("there must be one value more than boundaries")
        if any(a >= b for a, b in pairwise(self.boundaries)):
            raise ValueError("the boundaries must increase")
        return self

    def rate(self, step: int) -> float:
        """The learning rate after `step` updates."""
        pairs = zip(self.boundaries, self.values, strict=False)
        return next((value for boundary, value in pairs if step <= boundary), self.values[-1])

    @property
    def highest(self) -> float:
        """The highest of the values."""
        return max(self.values)


def _share(decay: ExponentialDecay | InverseTimeDecay, step: int) -> float:
    return step // decay.decay_steps if decay.staircase else step / decay.decay_steps
