"""Blocks as matrices with long rows, each of which has the channels of several places.

NumPy repeats a vector along an axis fastest if it has `LONG_ROW` numbers or more; so vectors of the
channels, or of rows and channels, are repeated to that length. Some rows are computed at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import prod

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.kernels.activations import by_chunks
from nnspec.backends.numpy.fast.scratch import scratch

LONG_ROW = 1 << 13  # numbers


def long_row_matrices(blocks: Sequence[Array]) -> list[Array]:
    """Each block as a matrix of long rows; views."""
    return [block.reshape(-1, _row_length(block)) for block in blocks]


def _row_length(block: Array) -> int:
    """The product of a block's last axes, then of a part of the next one, up to `LONG_ROW`."""
    *outer, length = block.shape
    while outer and length * outer[-1] <= LONG_ROW:
        length *= outer.pop()
    next_size = prod(outer[-1:])
    parts = [n for n in range(1, next_size + 1) if next_size % n == 0]
    return length * next((n for n in parts if n * length >= LONG_ROW), parts[-1])


def repeat(matrix: Array, *vectors: Array) -> list[Array]:
    """Vectors, repeated to the length of a matrix's rows."""
    return [np.tile(vector, matrix.shape[1] // len(vector)) for vector in vectors]


def sum_matrix(x: Array, out: Array) -> None:
    """Sum of the numbers at each place of a vector `out`, which rows of x repeat."""
    _sum(_add_rows, out, x)


def sum_products(x: Array, z: Array, out: Array) -> None:
    """Sum of the products x z at each place of a vector `out`, which rows repeat."""
    _sum(_add_products, out, x, z)


def _sum(add: Callable[..., None], out: Array, *matrices: Array) -> None:
    total = np.zeros(matrices[0].shape[1], out.dtype)
    by_chunks(partial(add, total), *matrices)
    np.add.reduce(total.reshape(-1, len(out)), axis=0, out=out)


def _add_rows(total: Array, x: Array) -> None:
    """total += sum of the rows, a product with ones: faster than a reduction over axis 0."""
    np.add(total, np.ones(len(x), x.dtype) @ x, out=total)


def _add_products(total: Array, x: Array, z: Array) -> None:
    product = scratch(x.shape, x.dtype)
    np.multiply(x, z, out=product)
    _add_rows(total, product)


def center(x: Array, mean: Array, out: Array) -> None:
    """out = x - mean, with a vector that rows repeat."""
    by_chunks(partial(_subtract, *repeat(x, mean)), x, out)


def _subtract(mean: Array, x: Array, out: Array) -> None:
    np.subtract(x, mean, out=out)


def scale(x: Array, factors: Array) -> None:
    """x <- x factors, with a vector that rows repeat."""
    by_chunks(partial(_scale, *repeat(x, factors)), x)


def _scale(factors: Array, x: Array) -> None:
    np.multiply(x, factors, out=x)


def scale_and_shift(x: Array, scale: Array, shift: Array, out: Array) -> None:
    """out = x scale + shift, with vectors that rows repeat."""
    by_chunks(partial(_scale_and_shift, *repeat(x, scale, shift)), x, out)


def _scale_and_shift(scale: Array, shift: Array, x: Array, out: Array) -> None:
    np.multiply(x, scale, out=out)
    np.add(out, shift, out=out)


def normalization_gradient(
    centered: Array, dy: Array, scale: Array, slope: Array, shift: Array
) -> None:
    """dx = dy scale - centered slope - shift, written over dy; rows repeat the vectors."""
    by_chunks(partial(_normalization_gradient, *repeat(dy, scale, slope, shift)), centered, dy)


def _normalization_gradient(
    scale: Array, slope: Array, shift: Array, centered: Array, dy: Array
) -> None:
    product = scratch(dy.shape, dy.dtype)
    np.multiply(centered, slope, out=product)
    np.multiply(dy, scale, out=dy)
    np.subtract(dy, product, out=dy)
    np.subtract(dy, shift, out=dy)
