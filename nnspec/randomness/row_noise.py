"""Random numbers of single rows, the same in whatever batch a row is.

A row's numbers are the words of Philox4x64-10 (Salmon et al. 2011) for a key at the counter (row,
part): those that NumPy's generator gives when it is set to that counter, computed here for many
rows at once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnspec.randomness.philox import Floats, key_number

Words = NDArray[np.uint64]
WORDS = 4  # of a counter

_MULTIPLIERS = 0xD2E7470EE14C6C93, 0xCA5A826395121157
_WEYL = 0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B  # by which the halves of the key grow
_ROUNDS = 10
_HALF, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)


class RowNoise(NamedTuple):
    """Random numbers for rows of a key, by the rows' numbers."""

    numbers: NDArray[np.int64]  # of the rows
    key: tuple[str | int, ...]

    def words(self, part: int = 0) -> Words:
        """Random words (rows, 4); those of another part are independent."""
        zeros = np.zeros(len(self.numbers), np.uint64)
        counter = [self.numbers.astype(np.uint64), zeros + np.uint64(part), zeros, zeros]
        return np.stack(_philox(counter, key_number(*self.key)), axis=1)

    def uniform(self, count: int, part: int = 0) -> Floats:
        """Uniform samples from [0, 1), (count, rows) for a count up to 4, with 53 random bits."""
        return np.multiply(self.words(part).T[:count] >> np.uint64(11), 2.0**-53)

    def take(self, selection: NDArray[np.int64]) -> RowNoise:
        """The random numbers of some of the rows."""
        return self._replace(numbers=self.numbers[selection])


def _philox(counter: list[Words], key: int) -> list[Words]:
    """Philox4x64-10 of each counter of four words."""
    halves = key & (1 << 64) - 1, key >> 64
    c0, c1, c2, c3 = counter
    for number in range(_ROUNDS):
        k0, k1 = (
            np.uint64((k + number * w) % (1 << 64)) for k, w in zip(halves, _WEYL, strict=True)
        )
        (high0, low0), (high1, low1) = _product(c0, _MULTIPLIERS[0]), _product(c2, _MULTIPLIERS[1])
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
    return [c0, c1, c2, c3]


def _product(x: Words, factor: int) -> tuple[Words, Words]:
    """The higher and the lower 64 bits of products of 64-bit numbers."""
    upper, lower = np.uint64(factor >> 32), np.uint64(factor & 0xFFFFFFFF)
    x1, x0 = x >> _HALF, x & _LOW
    middle = x1 * lower + (x0 * lower >> _HALF)
    other = x0 * upper + (middle & _LOW)
    return x1 * upper + (middle >> _HALF) + (other >> _HALF), x * np.uint64(factor)
