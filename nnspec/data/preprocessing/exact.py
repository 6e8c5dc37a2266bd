"""Sums and differences of columns without the errors of rounding.

A column's mean is the same for any order of the rows and any size of the chunks, because its sum is
one of whole numbers: each number is cut into digits, and the digits are summed exactly.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnspec.backends.arrays import Array
from nnspec.options.types import Shape

Floats = NDArray[np.float64]
_LARGE = 2.0**1000  # from here on a difference of two numbers may overflow


class DoubleDouble(NamedTuple):
    """Double-double numbers: each the sum of two float64, the second what the first rounds off."""

    high: Floats
    low: Floats  # a single 0 where nothing was rounded

    @classmethod
    def of(cls, x: Array) -> DoubleDouble:
        """The numbers of an array; whole ones of 64 bits need both parts."""
        if x.dtype.kind not in "iu" or x.dtype.itemsize < 8:
            return cls(x.astype(np.float64, copy=False), np.zeros(()))
        upper = (x >> 32) * 2.0**32
        lower = (x & 0xFFFFFFFF).astype(np.float64)
        high = upper + lower
        return cls(high, lower - (high - upper))

    def minus(self, other: DoubleDouble) -> Floats:
        """The difference, rounded once where the numbers are of the same size."""
        difference = self.high - other.high
        if np.any(self.low) or np.any(other.low):
            difference += self.low - other.low
        return difference

    def times(self, factor: Floats | float) -> DoubleDouble:
        """The product with powers of two."""
        if isinstance(factor, float) and factor == 1:
            return self
        return DoubleDouble(self.high * factor, self.low * factor)


class ExactSum(ABC):
    """The sums over rows of each column's numbers, in digits that are whole numbers."""

    bits: int  # of a digit
    unit: int  # by which the sum of whole numbers is to be divided

    def __init__(self, shape: Shape) -> None:
        self.digits = [np.zeros(shape, np.int64) for _ in range(2)]  # the higher one first

    @abstractmethod
    def add(self, x: Array) -> None:
        """Add rows of numbers."""

    def mean(self, rows: int) -> DoubleDouble:
        """The sums divided by the number of rows."""
        shape = self.digits[0].shape
        upper, lower = (digit.ravel().tolist() for digit in self.digits)
        totals = ((one << self.bits) + other for one, other in zip(upper, lower, strict=True))
        means = [_quotient(total, rows * self.unit) for total in totals]
        high, low = np.array(means, np.float64).reshape(-1, 2).T
        return DoubleDouble(high.reshape(shape), low.reshape(shape))


class WholeSum(ExactSum):
    """The sums of whole numbers."""

    bits, unit = 32, 1

    def add(self, x: Array) -> None:
        """Add rows of numbers."""
        if x.dtype.itemsize < 8:
            self.digits[1] += x.sum(axis=0, dtype=np.int64)
            return
        self.digits[0] += (x >> 32).sum(axis=0, dtype=np.int64)
        self.digits[1] += (x & 0xFFFFFFFF).sum(axis=0, dtype=np.int64)


class FractionSum(ExactSum):
    """The sums of real numbers in [-1, 1], each taken to a multiple of 2**-72."""

    bits, unit = 36, 1 << 72

    def add(self, x: Array) -> None:
        """Add at most 2**17 rows of numbers."""
        rest = x.copy()
        for total in self.digits:
            rest *= 2.0**self.bits
            whole = np.rint(rest)
            total += whole.sum(axis=0).astype(np.int64)  # below 2**53: no rounding
            rest -= whole


def _quotient(total: int, divisor: int) -> tuple[float, float]:
    """A quotient of whole numbers: the nearest float64, and the rest."""
    high = total / divisor
    numerator, denominator = high.as_integer_ratio()
    return high, (total * denominator - numerator * divisor) / (divisor * denominator)


def power_of_two(x: Floats) -> Floats:
    """For each number a power of two that brings it into [1/2, 1), or as near as there is one."""
    _, exponent = np.frexp(x)
    found: Floats = np.ldexp(1.0, np.clip(-exponent, -1024, 1023))
    return found


def square_room(spread: Floats) -> Floats | float:
    """A power of two by which distances are multiplied, so that their squares keep their digits."""
    safe = (spread == 0) | ((spread > 2.0**-300) & (spread < 2.0**300))
    return 1.0 if safe.all() else power_of_two(spread)


def headroom(*columns: Floats) -> float:
    """A power of two by which columns are multiplied, so that their differences do not overflow."""
    return 0.25 if any((np.abs(column) > _LARGE).any() for column in columns) else 1.0
