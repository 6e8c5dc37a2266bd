"""NumPy types of a table's columns: numbers, text as StringDType, and dates as datetime64.

A value that is missing is NaN among numbers, which are float64 then, an empty text, or NaT.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.options.tensor_spec import DATE, TEXT, TensorSpec

TEXT_TYPE: np.dtype[Any] = np.dtypes.StringDType()
DATE_TYPE: np.dtype[Any] = np.dtype("datetime64[us]")
_NAMES = {"T": TEXT, "M": DATE}


def type_name(dtype: np.dtype[Any]) -> str:
    """The name of an array's type in a TensorSpec."""
    return _NAMES.get(dtype.kind, dtype.name)


def row_spec(array: Array) -> TensorSpec:
    """Shape and type of a row of an array."""
    return TensorSpec(array.shape[1:], type_name(array.dtype))


def type_of(name: str) -> np.dtype[Any]:
    """The type of a name that `type_name` gives; a TypeError where there is none."""
    return {TEXT: TEXT_TYPE, DATE: DATE_TYPE}.get(name) or np.dtype(name)


def as_column(array: Array) -> Array:
    """An array of a NumPy file with its text and dates in the types of a table's columns."""
    if array.dtype.kind == "U":
        return array.astype(TEXT_TYPE)
    return array.astype(DATE_TYPE) if array.dtype.kind == "M" else array


def is_missing(column: Array) -> Array:
    """Whether each value of a column is missing."""
    kind = column.dtype.kind
    if kind == "T":
        return np.asarray(column == "")
    if kind == "M":
        return np.isnat(column)
    return np.isnan(column) if kind == "f" else np.zeros(column.shape, bool)


def is_finite(array: Array) -> Array:
    """Whether each value of an array is no NaN and no infinity, which text and dates never are."""
    numbers = array.dtype.kind not in "TM"
    return np.isfinite(array) if numbers else np.ones(array.shape, bool)


def is_value(array: Array) -> Array:
    """Whether each value of an array is there, and finite."""
    return is_finite(array) & ~is_missing(array)


def date_text(date: np.datetime64 | Array) -> str:
    """A date in ISO 8601; of midnight the day alone."""
    return str(date.astype(DATE_TYPE)).removesuffix("T00:00:00.000000").removesuffix(".000000")
