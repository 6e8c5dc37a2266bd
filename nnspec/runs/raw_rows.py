"""Rows that Python callers give, as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from nnspec.backends.arrays import Array, Values
from nnspec.data.numbers import to_numbers
from nnspec.errors import DataError, quoted, typed

_HINT = "give an array or nested lists with an item a row, such as [[1, 2]]"


def to_values(raw: Any, what: str = "the rows") -> Values:
    """Rows as an array, or as a map from names to arrays; a DataError if they are no such rows."""
    if not isinstance(raw, Mapping):
        return _to_array(raw, what)
    if not raw:
        raise DataError(f"{what} are an empty map", "give an array for each input")
    if not all(isinstance(name, str) for name in raw):
        raise DataError("the names of inputs are texts", "write {'image': rows, ...}")
    arrays = {name: _to_array(rows, f"{what} of {quoted(name)}") for name, rows in raw.items()}
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{length:,} of {quoted(name)}" for name, length in lengths.items())
        raise DataError(f"there must be as many rows of each input, and there are {listed}")
    return arrays


def _to_array(rows: Any, what: str) -> Array:
    """Rows as an array of real numbers."""
    if callable(getattr(rows, "detach", None)):
        rows = rows.detach().cpu()  # a tensor of PyTorch, wherever it is
    try:
        array = np.asarray(rows)
    except (ValueError, TypeError, OverflowError):
        raise DataError(f"{what} are not of one shape", _HINT) from None
    if not array.ndim:
        raise DataError(f"{what} are {typed(rows)}, which has no axis of rows", _HINT)
    if array.shape == (0,):
        raise DataError(f"{what} are empty", _HINT)
    return to_numbers(rows, what)
