"""Columns of new rows in the types that the training rows had, as a run records them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nnspec.backends.arrays import Array
from nnspec.data.invalid_values import InvalidSourceValueError
from nnspec.data.tables.columns import to_array
from nnspec.errors import quoted
from nnspec.options.tensor_spec import DATE, TEXT

if TYPE_CHECKING:
    import polars as pl

_NOT = {
    TEXT: "{} is no text", DATE: "{} is no date", "bool": "{} is neither true nor false",
}  # fmt: skip
_HELD = {TEXT: "text", DATE: "dates", "bool": "true and false"}  # of the other types: numbers


def not_of_type(value: object, row: int, type_name: str) -> InvalidSourceValueError:
    """The error of a value of a row that a recorded type does not take."""
    message = _NOT.get(type_name, "{} is no number").format(quoted(value))
    hint = f"the training rows hold {_HELD.get(type_name, 'numbers')}"
    return InvalidSourceValueError(message, (row,), hint)


def cast(column: pl.Series, type_name: str) -> Array:
    """The values of a column, or of its texts, in a recorded type; missing ones stay missing.

    Whole numbers become float64. Raises InvalidSourceValueError at the first value that the type
    does not take.
    """
    found = _cast(column, type_name)
    wrong = (found.is_null() & column.is_not_null()).arg_true()
    if len(wrong):
        raise not_of_type(column[int(wrong[0])], int(wrong[0]), type_name)
    return to_array(found)


def _cast(column: pl.Series, type_name: str) -> pl.Series:
    """The column in the polars type; null for a value that it does not take."""
    import polars as pl

    if type_name == TEXT:
        return column.cast(pl.String)
    if column.dtype == pl.String:
        return _FROM_TEXT.get(type_name, _numbers)(column.str.strip_chars())
    if type_name == DATE and column.dtype.is_temporal():
        return column.cast(pl.Datetime("us"))
    if type_name == DATE or column.dtype.is_temporal() or column.dtype.is_nested():
        return pl.Series(column.name, [None] * len(column), pl.Float64)
    return column.cast(pl.Boolean if type_name == "bool" else pl.Float64)


def _numbers(texts: pl.Series) -> pl.Series:
    import polars as pl

    return texts.cast(pl.Float64, strict=False)


def _dates(texts: pl.Series) -> pl.Series:
    """Dates in a form that polars knows by the first one, with or without a time."""
    import polars as pl

    try:
        return texts.str.to_datetime(time_unit="us", strict=False).cast(pl.Datetime("us"))
    except pl.exceptions.ComputeError:  # the first one is none
        return pl.Series(texts.name, [None] * len(texts), pl.Datetime("us"))


def _booleans(texts: pl.Series) -> pl.Series:
    import polars as pl

    words = {"true": True, "false": False}
    return texts.str.to_lowercase().replace_strict(words, default=None, return_dtype=pl.Boolean)


_FROM_TEXT: dict[str, Callable[[pl.Series], pl.Series]] = {DATE: _dates, "bool": _booleans}
