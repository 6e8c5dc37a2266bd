"""Columns of rows that Python callers or the command line give, in the types of the training rows.

They are a map from names to values, or a data frame of any library.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from numbers import Real
from typing import Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.data.column_types import DATE_TYPE, TEXT_TYPE
from nnspec.data.invalid_values import InvalidSourceValueError
from nnspec.data.row_origin import GIVEN, RowOrigin
from nnspec.data.streaming.stored_array import StoredArray
from nnspec.errors import DataError, Problem, did_you_mean, quoted, typed
from nnspec.options.tensor_spec import DATE, TEXT

_NOT = {
    TEXT: "{} is no text", DATE: "{} is no date", "bool": "{} is neither true nor false",
}  # fmt: skip
_HELD = {TEXT: "text", DATE: "dates", "bool": "true and false"}  # of the other types: numbers
_OWN_KINDS = {TEXT: "UT", DATE: "M"}  # kinds of NumPy's types that hold a recorded type's values


def given_columns(
    raw: Any, types: Mapping[str, str], origin: RowOrigin = GIVEN
) -> dict[str, Array]:
    """The columns of some names and types, of which `raw` may have more.

    Raises DataError where one lacks, they are not equally long, or a value is of another type.
    """
    columns = named_columns(raw)
    problems = [_lacking(name, columns) for name in types if name not in columns]
    if problems:
        raise DataError(problems)
    found = {name: to_column(columns[name], type_, name, origin) for name, type_ in types.items()}
    check_lengths({name: len(column) for name, column in found.items()})
    return found


def check_lengths(lengths: Mapping[str, int]) -> None:
    """Raise DataError unless all columns have as many rows."""
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{length:,} in {quoted(name)}" for name, length in lengths.items())
        raise DataError(f"there must be as many rows in each column, and there are {listed}")


def to_column(values: Any, type_: str, name: str, origin: RowOrigin = GIVEN) -> Array:
    """An array (rows,) of values, one of which may be None; a DataError names the first misfit."""
    if isinstance(values, StoredArray):
        values = np.asarray(values)
    if isinstance(values, str) or not isinstance(values, Iterable):
        message = f"the column {quoted(name)} is {typed(values)}"
        raise DataError(message, "give a list or an array with a value a row")
    array = as_vector(name, values)
    if array.dtype.kind in _OWN_KINDS.get(type_, "biuf"):
        return array.astype({TEXT: TEXT_TYPE, DATE: DATE_TYPE}.get(type_, array.dtype))
    try:
        return _by_value(list(values), type_)
    except InvalidSourceValueError as error:
        raise error.of(origin, name) from None


def as_vector(name: str, values: Any) -> Array:
    """Values as an array (rows,) of whatever type; a DataError where a row has not one value."""
    try:
        array = np.asarray(values)
    except (ValueError, TypeError, OverflowError):
        array = np.empty((0, 0))
    if array.ndim != 1:
        raise DataError(f"the column {quoted(name)} does not hold one value a row")
    return array


def _by_value(values: list[Any], type_: str) -> Array:
    read = _READERS.get(type_, _number)
    found = [read(value) for value in values]
    misfits = [row for row, value in enumerate(found) if value is None]
    if misfits:  # a number in a column of text is there because of another cell
        wrong = next((row for row in misfits if not _writes_number(values[row])), misfits[0])
        message = _NOT.get(type_, "{} is no number").format(quoted(values[wrong]))
        hint = f"the training rows hold {_HELD.get(type_, 'numbers')}"
        raise InvalidSourceValueError(message, (wrong,), hint)
    return np.array(found, {TEXT: TEXT_TYPE, DATE: DATE_TYPE}.get(type_, np.float64))


def _number(value: Any) -> float | None:
    """The number of a value, NaN where it is missing; None where it is no number."""
    if _is_missing(value):
        return np.nan
    if not isinstance(value, Real | np.number | np.bool_):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def _writes_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def _text(value: Any) -> str | None:
    """The text of a value, also of a whole number, such as a postal code."""
    if _is_missing(value):
        return ""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    return str(value) if isinstance(value, str) or whole else None


def _date(value: Any) -> np.datetime64 | None:
    if _is_missing(value):
        return np.datetime64("NaT")
    if not isinstance(value, str | date | np.datetime64):
        return None
    try:
        return np.datetime64(value.strip() if isinstance(value, str) else value)
    except ValueError:
        return None


def _is_missing(value: Any) -> bool:
    """Whether a value is None or is no number, as data frames mark what is missing."""
    return value is None or (isinstance(value, float) and value != value)


_READERS = {TEXT: _text, DATE: _date}


def is_frame(raw: Any) -> bool:
    """Whether it is a data frame: columns that have names, and no map."""
    if isinstance(raw, Mapping) or not hasattr(raw, "__getitem__"):
        return False
    return _is_lazy(raw) or hasattr(raw, "columns") or hasattr(raw, "column_names")


def _is_lazy(raw: Any) -> bool:
    """Whether it is a data frame that is not computed yet."""
    return not isinstance(raw, Mapping) and hasattr(raw, "collect")


def named_columns(raw: Any) -> dict[str, Any]:
    """The columns of a map or a data frame by name; a DataError where a name comes twice."""
    raw = raw.collect() if _is_lazy(raw) else raw
    names = list(raw) if isinstance(raw, Mapping) else _names(raw)
    texts = [str(name) for name in names]
    if len(set(texts)) < len(texts):
        twice = next(name for name in texts if texts.count(name) > 1)
        raise DataError(f"two columns are called {quoted(twice)}")
    return dict(zip(texts, (raw[name] for name in names), strict=True))


def _names(raw: Any) -> list[Any]:
    """The names of the columns of a data frame; a DataError where there are none."""
    names = getattr(raw, "column_names", getattr(raw, "columns", None))
    if names is None:
        message = f"the rows are {typed(raw)}, and must be columns by name"
        raise DataError(message, "give a map such as {'age': [3, 5]}, or a data frame")
    return list(names)


def _lacking(name: str, columns: Mapping[str, Any]) -> Problem:
    message = f"the rows have no column {quoted(name)}"
    return Problem(message, None, lambda: did_you_mean(name, list(columns)))
