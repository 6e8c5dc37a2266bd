"""Winograd's minimal algorithm for correlations with three taps on one axis.

F(m, 3) computes m outputs y[i] = sum_j x[i + j] g[j] with m + 2 products instead of 3 m:
y = A' [(G g) * (B' x)]. It is Toom and Cook's multiplication of polynomials, transposed (Winograd,
1980): both factors are evaluated at m + 1 points and at infinity, multiplied there, and the product
is interpolated.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from nnspec.backends.contract import Array
from nnspec.backends.numpy.fast.threads import Task
from nnspec.options.types import Shape

TAPS = 3
ERRORS = {1: 1.0, 2: 0.9, 3: 1.3, 4: 1.55, 5: 2.5}  # rounding, by m; plain products have 1
STEADY = 2.5
_POINTS = {  # by m; found by trial: of those tried, the least rounding errors in float32
    2: (0.0, 1.0, -1.0),
    3: (0.0, 1.0, -0.625, -1.75),
    4: (0.0, 1.5, -1.5, 0.625, -0.625),
    5: (0.0, 1.0, 0.5, 2.0, -0.75, -1.25),
}


class Transforms(NamedTuple):
    """The three matrices of F(m, 3)."""

    outputs: Array  # A', (m, m + 2)
    taps: Array  # G, (m + 2, 3)
    inputs: Array  # B', (m + 2, m + 2)


@cache
def transforms(m: int) -> Transforms:
    """F(m, 3) in float64."""
    if m == 1:  # nothing to save: the three products as they are
        return Transforms(np.ones((1, TAPS)), np.eye(TAPS), np.eye(TAPS))
    size = m + TAPS - 1
    points = np.array(_POINTS[m])
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
    def covering(cls, outputs: int) -> Iterator[Axis]:
        """Every way to cover so many outputs; tiles of one output cost more than those of two."""
        sizes = [m for m in ERRORS if m > 1 or outputs == 1]
        return (cls(m, -(-outputs // m)) for m in sizes)

    def matrices(self, dtype: Any) -> Transforms:
        """The transforms in a type."""
        return Transforms(*(np.ascontiguousarray(m, dtype) for m in transforms(self.m)))

    def seen(self, values: Array) -> Array:
        """(..., inputs, n) as tiles (..., tile, size, n): a view, in which neighbours overlap."""
        return _along(values, self.tiles, self.m, self.size)

    def summed(self, matrix: Array, tiles: Array, values: Array) -> Iterator[Task]:
        """Steps to values (..., inputs, n): the sum of matrix (size, places) times each tile.

        Tiles are (..., tile, places, n). What neighbours share is added, all else is written.
        """
        shared, m = TAPS - 1, self.m
        share = np.empty((*tiles.shape[:-2], shared, tiles.shape[-1]), tiles.dtype)
        own = _along(values[..., shared:, :], self.tiles, m, m)
        yield partial(np.matmul, matrix[shared:], tiles, out=own)
        yield partial(np.matmul, matrix[:shared], tiles, out=share)
        yield partial(np.copyto, values[..., :shared, :], share[..., 0, :, :])
        if self.tiles > 1:  # then m is at least 2, and what is shared lies apart
            before = _along(values[..., m:, :], self.tiles - 1, m, shared)
            yield partial(np.add, before, share[..., 1:, :, :], out=before)


def _along(values: Array, count: int, step: int, length: int) -> Array:
    """Windows along the axis before the last, as an axis before it."""
    *others, along, last = values.strides
    shape = (*values.shape[:-2], count, length, values.shape[-1])
    return as_strided(values, shape, (*others, step * along, along, last))


def covering(outputs: Shape, errors: float = np.inf) -> tuple[Axis, Axis]:
    """The tiles with the fewest products, down and across, of those with no larger errors."""
    downs, acrosses = map(Axis.covering, outputs)
    pairs = [pair for pair in product(downs, acrosses) if _errors(*pair) <= errors]
    return min(pairs, key=lambda pair: pair[0].products * pair[1].products)


def _errors(down: Axis, across: Axis) -> float:
    """Those of the two axes multiply."""
    return ERRORS[down.m] * ERRORS[across.m]
