"""Rows of any shape as the columns that a step has a state for: an element of a row is a column."""

from __future__ import annotations

from math import prod

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.data.invalid_values import Index
from nnspec.errors import DataError


def as_columns(x: Array) -> Array:
    """Rows (rows, ...) as a matrix (rows, columns)."""
    return x.reshape(len(x), prod(x.shape[1:]))


def cell_index(x: Array, row: int, column: int) -> Index:
    """The index in rows (rows, ...) of an element of the matrix that `as_columns` makes of them."""
    inner = np.unravel_index(column, x.shape[1:]) if x.ndim > 1 else ()
    return (row, *map(int, inner))


def require_columns(step: str, count: int, x: Array) -> None:
    """Raise DataError unless rows have as many columns as a step was fitted on."""
    given = as_columns(x[:0]).shape[1]
    if given != count:
        raise DataError(f"{step} was fitted on rows of {count} columns and gets {given}")
