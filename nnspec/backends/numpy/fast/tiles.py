"""Winograd's minimal algorithm for correlations with three taps on one axis.

F(m, 3) computes m outputs y[i] = sum_j x[i + j] g[j] with m + 2 products instead of 3 m:
y = A' [(G g) * (B' x)]. It is Toom and Cook's multiplication of polynomials, transposed (Winograd,
1980): both factors are evaluated at m + 1 points and at infinity, multiplied there, and the product
is interpolated.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np

from nnspec.backends.base import Array

TAPS = 3
SIZES = (1, 2, 3, 4, 5)
_POINTS = (0.0, 1.0, -1.0, 0.5, -2.0, 2.0)  # small and of small inverse: they keep errors small


class Transforms(NamedTuple):
    """The three matrices of F(m, 3)."""

    outputs: Array  # A', (m, m + 2)
    taps: Array  # G, (m + 2, 3)
    inputs: Array  # B', (m + 2, m + 2)


@cache
def transforms(m: int) -> Transforms:
    """F(m, 3) in float64."""
    size = m + TAPS - 1
    points = np.array(_POINTS[: size - 1])
    inputs = np.linalg.inv(_evaluation(points, size)).T
    return Transforms(_evaluation(points, m).T, _evaluation(points, TAPS), inputs)


def _evaluation(points: Array, terms: int) -> Array:
    """The values of 1, x, ..., x^(terms - 1) at the points; at infinity, the last term alone."""
    last = np.zeros((1, terms))
    last[0, -1] = 1
    return np.concatenate([np.vander(points, terms, increasing=True), last])


class Axis(NamedTuple):
    """How tiles cover an axis of the output."""

    m: int  # outputs of a tile
    tiles: int

    @property
    def size(self) -> int:
        """Inputs of a tile."""
        return self.m + TAPS - 1

    @property
    def outputs(self) -> int:
        """Outputs of all tiles; the last tile may stand out."""
        return self.m * self.tiles

    @property
    def inputs(self) -> int:
        """Inputs of all tiles."""
        return self.outputs + TAPS - 1

    @property
    def products(self) -> int:
        """What a row of the image costs."""
        return self.size * self.tiles

    @classmethod
    def covering(cls, outputs: int) -> Axis:
        """The tiles with the fewest products."""
        return min((cls(m, -(-outputs // m)) for m in SIZES), key=lambda axis: axis.products)

    def matrices(self, dtype: Any) -> Transforms:
        """The transforms in a type."""
        return Transforms(*(np.ascontiguousarray(m, dtype) for m in transforms(self.m)))

    def stretched(self, dtype: Any) -> Array:
        """B' of all tiles at once, (size tiles, inputs): rows by place in the tile, then tile."""
        b = transforms(self.m).inputs
        whole = np.zeros((self.size, self.tiles, self.inputs))
        for tile in range(self.tiles):
            start = tile * self.m
            whole[:, tile, start : start + self.size] = b
        return whole.reshape(-1, self.inputs).astype(dtype)
