"""Winograd's minimal filtering F(m, 3) on one axis: matrices, tilings and their rounding errors.

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

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.threads import Task
from nnspec.options.types import Shape

TAPS = 3
ROUNDING_ERRORS = {
    1: 1.0,
    2: 0.9,
    3: 1.3,
    4: 1.55,
    5: 2.5,
}  # rounding error by m, relative to direct convolution
MAX_TRAINING_ERROR = 2.5  # of both axes together, in a forward pass of training
_POINTS = {  # by m: of those tried, the points with the smallest float32 rounding errors
    2: (0.0, 1.0, -1.0),
    3: (0.0, 1.0, -0.625, -1.75),
    4: (0.0, 1.5, -1.5, 0.625, -0.625),
    5: (0.0, 1.0, 0.5, 2.0, -0.75, -1.25),
}


class WinogradMatrices(NamedTuple):
    """The three matrices of F(m, 3), y = A' [(G g) * (B' x)]."""

    outputs: Array  # A', (m, m + 2)
    taps: Array  # G, (m + 2, 3)
    inputs: Array  # B', (m + 2, m + 2)


@cache
def winograd_matrices(m: int) -> WinogradMatrices:
    """The matrices of F(m, 3) in float64."""
    if m == 1:  # direct: three products per output
        return WinogradMatrices(np.ones((1, TAPS)), np.eye(TAPS), np.eye(TAPS))
    size = m + TAPS - 1
    points = np.array(_POINTS[m])
    inputs = np.linalg.inv(_evaluation(points, size)).T
    return WinogradMatrices(_evaluation(points, m).T, _evaluation(points, TAPS), inputs)


def _evaluation(points: Array, terms: int) -> Array:
    """1, x, ..., x^(terms - 1) at the points (Vandermonde); at infinity, the last term alone."""
    last = np.zeros((1, terms))
    last[0, -1] = 1
    return np.concatenate([np.vander(points, terms, increasing=True), last])


class AxisTiling(NamedTuple):
    """The tiles that cover one axis of the output."""

    m: int  # outputs per tile
    tiles: int

    @property
    def size(self) -> int:
        """Inputs per tile."""
        return self.m + TAPS - 1

    @property
    def outputs(self) -> int:
        """Outputs of all tiles; the last tile may exceed the image."""
        return self.m * self.tiles

    @property
    def inputs(self) -> int:
        """Inputs of all tiles."""
        return self.outputs + TAPS - 1

    @property
    def products(self) -> int:
        """Products per row of the image."""
        return self.size * self.tiles

    @classmethod
    def candidates(cls, outputs: int) -> Iterator[AxisTiling]:
        """All tilings of `outputs` outputs; m = 1 only for one output, since m = 2 is cheaper."""
        sizes = [m for m in ROUNDING_ERRORS if m > 1 or outputs == 1]
        return (cls(m, -(-outputs // m)) for m in sizes)

    def matrices(self, dtype: Any) -> WinogradMatrices:
        """The matrices of F(m, 3) in a dtype."""
        return WinogradMatrices(
            *(np.ascontiguousarray(m, dtype) for m in winograd_matrices(self.m))
        )

    def tile_view(self, values: Array) -> Array:
        """View of (..., inputs, n) as overlapping tiles (..., tiles, size, n)."""
        return _window_view(values, self.tiles, self.m, self.size)

    def sum_tiles_tasks(self, matrix: Array, tiles: Array, values: Array) -> Iterator[Task]:
        """Tasks for values (..., inputs, n) = sum over tiles of matrix (size, k) @ tile (k, n).

        `tiles` is (..., tiles, k, n). Where tiles overlap, results are added, else written.
        """
        overlap_size, m = TAPS - 1, self.m
        overlap = np.empty((*tiles.shape[:-2], overlap_size, tiles.shape[-1]), tiles.dtype)
        exclusive = _window_view(values[..., overlap_size:, :], self.tiles, m, m)
        yield partial(np.matmul, matrix[overlap_size:], tiles, out=exclusive)
        yield partial(np.matmul, matrix[:overlap_size], tiles, out=overlap)
        yield partial(np.copyto, values[..., :overlap_size, :], overlap[..., 0, :, :])
        if self.tiles > 1:  # then m >= 2, and overlaps are disjoint
            previous = _window_view(values[..., m:, :], self.tiles - 1, m, overlap_size)
            yield partial(np.add, previous, overlap[..., 1:, :, :], out=previous)


def _window_view(values: Array, count: int, step: int, length: int) -> Array:
    """View of windows along the last axis but one: (..., count, length, n)."""
    *outer, stride, last = values.strides
    shape = (*values.shape[:-2], count, length, values.shape[-1])
    return as_strided(values, shape, (*outer, step * stride, stride, last))


Tiling = tuple[AxisTiling, AxisTiling]  # of height and width


def cheapest_tiling(outputs: Shape, max_error: float = np.inf) -> Tiling:
    """The tiling of (height, width) with the fewest products, for a bound of the rounding error."""
    vertical, horizontal = map(AxisTiling.candidates, outputs)
    pairs = [pair for pair in product(vertical, horizontal) if _rounding_error(*pair) <= max_error]
    return min(pairs, key=lambda pair: pair[0].products * pair[1].products)


def _rounding_error(down: AxisTiling, across: AxisTiling) -> float:
    """Rounding error of a 2-D tiling: the product over its axes."""
    return ROUNDING_ERRORS[down.m] * ROUNDING_ERRORS[across.m]
