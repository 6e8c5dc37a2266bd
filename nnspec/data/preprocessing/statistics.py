"""Fitting of the steps that learn each column's extremes, or its mean and deviation."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.preprocessing.base import Transform
from nnspec.components.preprocessing.scaling import ScaleTransform, StandardizeTransform
from nnspec.data.invalid_values import NOT_FINITE, InvalidValueError, first_index, shown
from nnspec.data.preprocessing.exact import ExactSum, Floats, Pair, headroom, power_of_two
from nnspec.data.registry import FittedState, TrainingChunks

_NEGLIGIBLE = 2.0**-48  # an error of the mean, relative to the deviation
_ROUNDINGS = 4  # by which the numbers of a constant column may differ


class Extremes(NamedTuple):
    """The least and the largest number of each column, and the number of rows."""

    lowest: Array
    highest: Array
    rows: int

    @classmethod
    def of(cls, step: Transform, chunks: TrainingChunks) -> Extremes:
        """Those of the training rows; an InvalidValueError where a number is not finite."""
        found: list[Array] = []
        rows = 0
        for chunk in chunks():
            found = [*found, chunk.min(axis=0), chunk.max(axis=0)]
            found = [np.min(found, axis=0), np.max(found, axis=0)]
            if not np.isfinite(found).all():
                raise _spreading(step, chunk, rows)
            rows += len(chunk)
        return cls(found[0], found[1], rows)

    def is_constant(self, resolution: float) -> Any:
        """Whether a column's numbers are equal but for rounding to a relative resolution."""
        low, high = Pair.of(self.lowest), Pair.of(self.highest)
        spread = high.times(0.25).minus(low.times(0.25))  # a quarter cannot overflow
        return spread <= _ROUNDINGS / 4 * resolution * self.magnitude()

    def magnitude(self) -> Floats:
        """The largest absolute value of each column."""
        low, high = Pair.of(self.lowest), Pair.of(self.highest)
        magnitude: Floats = np.maximum(np.abs(low.high), np.abs(high.high))
        return magnitude


def _spreading(step: Transform, chunk: Array, rows: int) -> InvalidValueError:
    """The error of a number that is not finite, in a chunk after `rows` rows."""
    row, *inner = first_index(~np.isfinite(chunk))
    message = f"{step.kind} gets {shown(chunk[row, *inner])} and would spread it to every row"
    return InvalidValueError(message, (rows + row, *inner), NOT_FINITE)


def fit_extremes(step: ScaleTransform, chunks: TrainingChunks) -> FittedState:
    """The extremes; equal ones for a constant column."""
    extremes = Extremes.of(step, chunks)
    constant = extremes.is_constant(chunks.resolution)
    highest = np.where(constant, extremes.lowest, extremes.highest)
    return {"lowest": extremes.lowest.tolist(), "highest": highest.tolist()}


def fit_moments(step: StandardizeTransform, chunks: TrainingChunks) -> FittedState:
    """The mean and the population's deviation, which is 0 if constant.

    `mean_rest` is what the mean loses in a float64; it is left out where all columns deviate so
    much that it does not count.
    """
    extremes = Extremes.of(step, chunks)
    constant = extremes.is_constant(chunks.resolution)
    mean = _mean(extremes, chunks)
    std = np.where(constant, 0.0, _deviation(extremes, mean, chunks))
    state = {"mean": mean.high.tolist(), "std": std.tolist()}
    counts = np.any(np.abs(mean.low) > _NEGLIGIBLE * std)
    return {**state, "mean_rest": mean.low.tolist()} if counts else state


def _mean(extremes: Extremes, chunks: TrainingChunks) -> Pair:
    factor = power_of_two(extremes.magnitude())
    total = ExactSum(extremes.lowest.shape)
    for chunk in chunks():
        x = Pair.of(chunk).times(factor)
        total.add(x.high)
        if np.any(x.low):
            total.add(x.low)
    mean = total.mean(extremes.rows)
    exponent = -np.frexp(factor)[1] + 1  # of the factor's inverse, which may be no float64
    return Pair(np.ldexp(mean.high, exponent), np.ldexp(mean.low, exponent))


def _deviation(extremes: Extremes, mean: Pair, chunks: TrainingChunks) -> Floats:
    room = headroom(extremes.magnitude())
    low, high = Pair.of(extremes.lowest), Pair.of(extremes.highest)
    spread = high.times(room).minus(low.times(room))
    factor = power_of_two(spread)
    total = ExactSum(extremes.lowest.shape)
    for chunk in chunks():
        distance = Pair.of(chunk).times(room).minus(mean.times(room))
        distance *= factor
        total.add(np.square(distance))
    std: Floats = np.sqrt(total.mean(extremes.rows).high)
    exponent = -np.frexp(factor)[1] + 1
    fitted: Floats = np.ldexp(std, exponent) / room
    return fitted
