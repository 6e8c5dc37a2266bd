"""Sums and differences of columns without the errors of rounding.

A column's statistics are the same for any order of the rows and any size of the chunks, because its
sum is one of whole numbers: each number is cut into digits, and the digits are summed exactly.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnspec.backends.arrays import Array

Floats = NDArray[np.float64]
_DIGIT = 30  # bits
_DIGITS = 3
_BLOCK_NUMBERS = 1 << 15  # of the rows that are cut into digits at once: they stay in the cache
_LARGE = 2.0**1000  # from here on a difference of two numbers may overflow


class Pair(NamedTuple):
    """Numbers as the sum of two float64, of which the second is a rounding of the first."""

    high: Floats
    low: Floats  # a single 0 where nothing was rounded

    @classmethod
    def of(cls, x: Array) -> Pair:
        """The numbers of an array; whole ones of 64 bits need both parts."""
        if x.dtype.kind not in "iu" or x.dtype.itemsize < 8:
            return cls(x.astype(np.float64, copy=False), np.zeros(()))
        upper = (x >> 32) * 2.0**32
        lower = (x & 0xFFFFFFFF).astype(np.float64)
        high = upper + lower
        return cls(high, lower - (high - upper))

    def minus(self, other: Pair) -> Floats:
        """The difference, rounded once where the numbers are of the same size."""
        difference = self.high - other.high
        if np.any(self.low) or np.any(other.low):
            difference += self.low - other.low
        return difference

    def times(self, factor: Floats | float) -> Pair:
        """The product with powers of two."""
        return Pair(self.high * factor, self.low * factor)


class ExactSum:
    """The sums over rows of numbers in [-1, 1], each to a multiple of 2**-90."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.digits = [np.zeros(shape, np.int64) for _ in range(_DIGITS)]

    def add(self, x: Floats) -> None:
        """Add rows of numbers."""
        rows = max(1, _BLOCK_NUMBERS // max(1, x[0].size)) if len(x) else 1
        for start in range(0, len(x), rows):
            self._add(x[start : start + rows].copy())

    def _add(self, rest: Floats) -> None:
        for total in self.digits:
            rest *= 2.0**_DIGIT
            whole = np.rint(rest)
            total += whole.sum(axis=0).astype(np.int64)  # below 2**53: no rounding
            rest -= whole
            if not rest.any():
                return

    def mean(self, rows: int) -> Pair:
        """The sums divided by the number of rows."""
        shape = self.digits[0].shape
        columns = np.stack([digit.ravel() for digit in self.digits], axis=1)
        means = [_quotient(digits, rows) for digits in columns.tolist()]
        high, low = np.array(means, np.float64).reshape(-1, 2).T
        return Pair(high.reshape(shape), low.reshape(shape))


def _quotient(digits: list[int], rows: int) -> tuple[float, float]:
    """A sum in digits by the number of rows: the nearest float64, and the rest."""
    total = 0
    for digit in digits:
        total = (total << _DIGIT) + digit
    divisor = rows << (_DIGIT * _DIGITS)
    high = total / divisor
    numerator, denominator = high.as_integer_ratio()
    return high, (total * denominator - numerator * divisor) / (divisor * denominator)


def power_of_two(x: Floats) -> Floats:
    """For each number a power of two that brings it into [1/2, 1), or as near as there is one."""
    _, exponent = np.frexp(x)
    found: Floats = np.ldexp(1.0, np.clip(-exponent, -1024, 1023))
    return found


def headroom(*columns: Floats) -> float:
    """A power of two by which columns are multiplied, so that their differences do not overflow."""
    return 0.25 if any((np.abs(column) > _LARGE).any() for column in columns) else 1.0
