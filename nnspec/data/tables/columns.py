"""Columns of polars as NumPy arrays of the types in `data/column_types.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.data.column_types import DATE_TYPE, TEXT_TYPE
from nnspec.data.streaming.stored_array import StoredArray
from nnspec.errors import DataError, quoted, visible
from nnspec.options.tensor_spec import DATE, TEXT
from nnspec.spec.column_contracts import ColumnType, TypeName

if TYPE_CHECKING:
    import polars as pl

_TYPES: dict[str, TypeName] = {TEXT: "text", DATE: "date", "bool": "boolean"}


def as_array(values: pl.Series | StoredArray) -> Array:
    """The values of a column; those in files stay there, and behave as an array."""
    if isinstance(values, StoredArray):
        stored: Any = values
        return stored
    return to_array(values)


def to_array(column: pl.Series) -> Array:
    """The values of a column; a DataError where they are neither numbers, text nor dates."""
    import polars as pl

    kind = column.dtype
    if kind in (pl.String, pl.Categorical, pl.Enum):
        return _text(column.cast(pl.String))
    if kind in (pl.Date, pl.Datetime):
        return column.cast(pl.Datetime("us")).to_numpy().astype(DATE_TYPE)
    if kind == pl.Int128:
        raise _beyond_int64(column)
    if kind == pl.Boolean or kind == pl.Null or kind.is_numeric():
        return _numbers(column)
    raise unsupported_type(column)


def unsupported_type(column: pl.Series) -> DataError:
    """The error of values that are neither numbers, text nor dates, such as lists."""
    message = f"the column {quoted(column.name)} holds values of the type {column.dtype}"
    return DataError(message, "a column holds numbers, true and false, text or dates")


def column_type(name: str) -> ColumnType:
    """What the cells of a column are read as whose type has a name of `type_name`.

    Whole numbers are numbers: some may be missing in other rows.
    """
    return ColumnType(_TYPES.get(name, "number"))


def _text(column: pl.Series) -> Array:
    """Text as StringDType; an empty text where it is missing."""
    return np.array(column.fill_null("").to_list(), dtype=TEXT_TYPE)


def _numbers(column: pl.Series) -> Array:
    """Whole numbers and booleans in their type; float64 with NaN where one is missing."""
    import polars as pl

    if column.null_count() or column.dtype == pl.Null or column.dtype.is_decimal():
        return column.cast(pl.Float64).fill_null(np.nan).to_numpy()
    return column.to_numpy()


def _beyond_int64(column: pl.Series) -> DataError:
    """The error of whole numbers of which float64 would lose digits."""
    largest = max(column.drop_nulls(), key=abs)
    message = f"{quoted(column.name)} holds {largest}, beyond whole numbers of 64 bits"
    name = visible(column.name)
    hint = f"say as what to read it: data: columns: {{{name}: text}}, or number, which rounds"
    return DataError(message, hint)
