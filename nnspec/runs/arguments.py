"""Checks of what Python callers pass, so that a wrong type is an NnspecError with its name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nnspec.backends.arrays import Array, Values
from nnspec.data.formats.numpy_files import is_numbers
from nnspec.errors import DataError, NnspecError, quoted
from nnspec.spec.document import Spec

_HINT = "give an array or nested lists with an item a row, such as [[1, 2]]"


def to_path(value: Any, what: str) -> Path:
    """The path that a text or a path-like object names."""
    try:
        return Path(value)
    except TypeError:
        message = f"{what} is named by a text or a path, not by {_typed(value)}"
        raise NnspecError(message) from None


def check_spec(value: Any) -> Spec:
    """The spec; an NnspecError if it is something else, such as the name of its file."""
    if not isinstance(value, Spec):
        hint = "nnspec.load reads a file, nnspec.build takes a map"
        raise NnspecError(f"this needs a Spec, not {_typed(value)}", hint)
    return value


def to_values(raw: Any) -> Values:
    """Rows as an array, or as a map from names to arrays; a DataError if they are no such rows."""
    if not isinstance(raw, Mapping):
        return _to_array(raw, "the rows")
    if not raw:
        raise DataError("the rows are an empty map", "give an array for each input")
    arrays = {name: _to_array(rows, f"the rows of {quoted(name)}") for name, rows in raw.items()}
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{length:,} of {quoted(name)}" for name, length in lengths.items())
        raise DataError(f"there must be as many rows of each input, and there are {listed}")
    return arrays


def _to_array(rows: Any, what: str) -> Array:
    """Rows as an array of real numbers."""
    try:
        array = np.asarray(rows)
    except (ValueError, TypeError, OverflowError):
        raise DataError(f"{what} are not of one shape", _HINT) from None
    if array.dtype.kind == "c":
        raise DataError(f"{what} are complex numbers", "give real numbers")
    if not array.ndim:
        raise DataError(f"{what} are {_typed(rows)}, which has no axis of rows", _HINT)
    if not is_numbers(array):
        raise DataError(f"{what} must be numbers", _HINT)
    return array


def _typed(value: Any) -> str:
    """A value with its type."""
    return "None" if value is None else f"the {type(value).__name__} {quoted(value)}"
