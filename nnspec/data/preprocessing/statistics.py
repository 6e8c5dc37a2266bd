"""Fitting of the steps that learn each column's extremes, or its mean and deviation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.preprocessing.base import Transform
from nnspec.components.preprocessing.scaling import ScaleTransform, StandardizeTransform
from nnspec.data.invalid_values import InvalidValueError, first_index, not_finite_hint, shown
from nnspec.data.preprocessing.exact import (
    DoubleDouble,
    ExactSum,
    Floats,
    FractionSum,
    WholeSum,
    headroom,
    power_of_two,
    square_room,
)
from nnspec.data.registry import FittedState, TrainingChunks

_NEGLIGIBLE = 2.0**-48  # an error of the mean, relative to the deviation
_ROUNDINGS = 4  # by which the numbers of a constant column may differ
_WIDEST = 2.0**-10  # the most by which they may; of float16's few digits it is a single rounding


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

    def are_constant(self, chunks: TrainingChunks) -> Array:
        """Whether each column's numbers are equal, or differ by rounding alone."""
        low, high = DoubleDouble.of(self.lowest), DoubleDouble.of(self.highest)
        spread = high.times(0.25).minus(low.times(0.25))  # a quarter cannot overflow
        magnitude = self.magnitude() / 4
        if not ((spread > 0) & (spread <= _WIDEST * magnitude)).any():
            return np.asarray(spread <= 0)
        bound = np.minimum(_ROUNDINGS * chunks.resolution(), _WIDEST) * magnitude
        rounded = (spread > 0) & (spread <= bound)
        if rounded.any():
            chunks.on_rounded(rounded, self.lowest, self.highest)
        return (spread <= 0) | rounded

    def magnitude(self) -> Floats:
        """The largest absolute value of each column."""
        low, high = DoubleDouble.of(self.lowest), DoubleDouble.of(self.highest)
        magnitude: Floats = np.maximum(np.abs(low.high), np.abs(high.high))
        return magnitude


def _spreading(step: Transform, chunk: Array, rows: int) -> InvalidValueError:
    """The error of a number that is not finite, in a chunk after `rows` rows."""
    row, *inner = first_index(~np.isfinite(chunk))
    number = chunk[row, *inner]
    message = f"{step.kind} gets {shown(number)} and would spread it to every row"
    return InvalidValueError(message, (rows + row, *inner), not_finite_hint(number))


def fit_extremes(step: ScaleTransform, chunks: TrainingChunks) -> FittedState:
    """The extremes; equal ones for a constant column."""
    extremes = Extremes.of(step, chunks)
    constant = extremes.are_constant(chunks)
    highest = np.where(constant, extremes.lowest, extremes.highest)
    return {"lowest": extremes.lowest.tolist(), "highest": highest.tolist()}


def fit_moments(step: StandardizeTransform, chunks: TrainingChunks) -> FittedState:
    """The mean and the population's deviation, which is 0 if constant.

    `mean_rest` is what the mean loses in a float64; it is left out where all columns deviate so
    much that it does not count.
    """
    extremes = Extremes.of(step, chunks)
    constant = extremes.are_constant(chunks)
    mean = _mean(extremes, chunks)
    std = np.where(constant, 0.0, _deviation(extremes, mean, chunks))
    state = {"mean": mean.high.tolist(), "std": std.tolist()}
    counts = np.any(np.abs(mean.low) > _NEGLIGIBLE * std)
    return {**state, "mean_rest": mean.low.tolist()} if counts else state


def _mean(extremes: Extremes, chunks: TrainingChunks) -> DoubleDouble:
    if extremes.lowest.dtype.kind != "f":
        return _mean_of(WholeSum(extremes.lowest.shape), chunks(), extremes.rows)
    factor = power_of_two(extremes.magnitude())
    scaled = (np.multiply(chunk, factor, dtype=np.float64) for chunk in chunks())
    return _divided(_mean_of(FractionSum(extremes.lowest.shape), scaled, extremes.rows), factor)


def _mean_of(total: ExactSum, chunks: Iterable[Array], rows: int) -> DoubleDouble:
    for chunk in chunks:
        total.add(chunk)
    return total.mean(rows)


def _deviation(extremes: Extremes, mean: DoubleDouble, chunks: TrainingChunks) -> Floats:
    room = headroom(extremes.magnitude())
    low, high = (
        DoubleDouble.of(extremes.lowest).times(room),
        DoubleDouble.of(extremes.highest).times(room),
    )
    factor, center = square_room(high.minus(low)), mean.times(room)
    squares = np.zeros(extremes.lowest.shape)
    for chunk in chunks():
        distance = DoubleDouble.of(chunk).times(room).minus(center)
        distance *= factor
        squares += np.square(distance, out=distance).sum(axis=0)
    std = np.sqrt(squares / extremes.rows)
    return _divided(DoubleDouble(std, np.zeros(())), factor).high / room


def _divided(x: DoubleDouble, factor: Floats | float) -> DoubleDouble:
    """Numbers by a power of two, whose inverse may be no float64."""
    exponent = 1 - np.frexp(factor)[1]
    return DoubleDouble(np.ldexp(x.high, exponent), np.ldexp(x.low, exponent))
