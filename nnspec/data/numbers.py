"""What counts as an array of numbers: real numbers or booleans, in at most 64 bits each."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.errors import DataError, visible
from nnspec.options.number_kinds import LONG_FLOATS, OTHER_KINDS

_MAX_BYTES = 8  # of a number


def to_numbers(values: Any, name: str) -> Array:
    """The array of anything that NumPy takes for one; a DataError unless it holds numbers."""
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise DataError(
            f"there are masked values in {visible(name)}", "put numbers in their places"
        )
    try:
        array = np.asarray(values)
    except (ValueError, TypeError, OverflowError):  # rows of different lengths
        raise DataError(f"{visible(name)} is no array of numbers", OTHER_KINDS["O"].hint) from None
    return check_numbers(array, name)


def check_numbers(array: Array, name: str, axes: int = 1) -> Array:
    """The array; a DataError unless it holds numbers and has that many axes, rows first."""
    other = OTHER_KINDS.get(array.dtype.kind)
    if array.dtype.kind == "f" and array.dtype.itemsize > _MAX_BYTES:
        other = LONG_FLOATS
    if other:
        raise DataError(f"{visible(name)} must hold real numbers, not {other.name}", other.hint)
    if array.ndim < axes:
        raise DataError(f"{visible(name)} is a single number; it needs rows", "write [x]")
    return array
