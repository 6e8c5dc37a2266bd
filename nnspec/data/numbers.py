"""What counts as an array of numbers: real numbers or booleans, in at most 64 bits each."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.errors import DataError, visible

_MAX_BYTES = 8  # of a number
_KINDS = {
    "c": ("complex numbers", "take their real parts, or both parts as columns"),
    "m": ("time spans", "turn them into numbers"),
    "M": ("dates", "turn them into numbers"),
    "O": ("objects", "all rows need as many numbers"),
    "S": ("text", "turn it into numbers"),
    "U": ("text", "turn it into numbers"),
    "V": ("records", "take one of their fields"),
}


def to_numbers(values: Any, name: str) -> Array:
    """The array of anything that NumPy takes for one; a DataError unless it holds numbers."""
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise DataError(f"{visible(name)} has masked values", "put numbers in their places")
    try:
        array = np.asarray(values)
    except (ValueError, TypeError, OverflowError):  # rows of different lengths
        raise DataError(f"{visible(name)} is no array of numbers", _KINDS["O"][1]) from None
    return check_numbers(array, name)


def check_numbers(array: Array, name: str, axes: int = 1) -> Array:
    """The array; a DataError unless it holds numbers and has that many axes, rows first."""
    kind, hint = _KINDS.get(array.dtype.kind, ("", ""))
    if not kind and array.dtype.itemsize > _MAX_BYTES:
        kind, hint = array.dtype.name, "save them as float64"
    if kind:
        raise DataError(f"{visible(name)} must hold real numbers, not {kind}", hint)
    if array.ndim < axes:
        raise DataError(f"{visible(name)} is a single number; it needs rows", "write [x]")
    return array
