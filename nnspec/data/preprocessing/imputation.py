"""Rule of impute: the values that are put in the place of a column's missing ones."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from math import fsum
from typing import Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.preprocessing.base import floating
from nnspec.components.preprocessing.imputation import ImputeTransform
from nnspec.data.column_types import DATE_TYPE, TEXT_TYPE, is_missing
from nnspec.data.invalid_values import InvalidValueError
from nnspec.data.preprocessing.row_columns import as_columns, cell_index, require_columns
from nnspec.data.registry import FittedState, TrainingChunks, TransformRule

_CONSTANT = "give it one: {impute: {strategy: constant, value: ...}}, or take the column out"


def _fit(step: ImputeTransform, chunks: TrainingChunks) -> FittedState:
    """`values`: one for each column, in the order of a row's elements."""
    rows = np.concatenate(list(chunks()))
    columns = as_columns(_real(rows)).T
    if step.value is not None:
        return {"values": [_plain(_constant(step.value, columns))] * len(columns)}
    values = [_fit_column(step, rows, number, column) for number, column in enumerate(columns)]
    return {"values": values}


def _fit_column(step: ImputeTransform, rows: Array, number: int, column: Array) -> Any:
    there = column[~is_missing(column)]
    if not len(there):
        message = "impute finds no value of this column in any training row"
        raise InvalidValueError(message, cell_index(rows, 0, number), _CONSTANT)
    return _plain(_STRATEGIES[step.strategy](there))


def _mean(values: Array) -> Any:
    """The mean, rounded once whatever the order; that of dates to a microsecond."""
    if values.dtype.kind == "M":
        whole = values.astype(np.int64).tolist()
        return np.int64(sum(whole) // len(whole)).astype(DATE_TYPE)
    exponent = int(np.frexp(np.abs(values).max())[1])
    small = np.ldexp(values.astype(np.float64), -exponent)  # whose sum cannot overflow
    return np.ldexp(fsum(small.tolist()) / len(small), exponent)


def _median(values: Array) -> Any:
    """The middle value, or the mean of the two in the middle."""
    ordered = np.sort(values)
    return _mean(ordered[(len(ordered) - 1) // 2 : len(ordered) // 2 + 1])


def _most_frequent(values: Array) -> Any:
    """The most frequent value, the first in order of several."""
    different, counts = np.unique(values, return_counts=True)
    return different[np.argmax(counts)]


_STRATEGIES: dict[str, Callable[[Array], Any]] = {
    "mean": _mean, "median": _median, "most_frequent": _most_frequent,
}  # fmt: skip


def _constant(value: Any, columns: Array) -> Any:
    """The constant as a value of the columns' type."""
    if columns.dtype.kind != "M":
        return value
    return np.datetime64(datetime.fromisoformat(value), "us")


def _plain(value: Any) -> Any:
    """A value for JSON: a number, a text, or a date in ISO form."""
    if isinstance(value, np.datetime64):
        return str(value)
    return value if isinstance(value, str) else float(value)


def _apply(step: ImputeTransform, state: FittedState, x: Array) -> Array:
    x = _real(x)
    require_columns(step.kind, len(state["values"]), x)
    values = np.array(state["values"], TEXT_TYPE if x.dtype.kind == "T" else x.dtype)
    missing = is_missing(x)
    filled = np.where(missing, values.reshape(x.shape[1:]), x)
    if not step.indicator:
        return filled
    return np.concatenate([as_columns(filled), as_columns(missing.astype(x.dtype))], axis=1)


def _real(x: Array) -> Array:
    """Numbers as real ones; text and dates as they are."""
    return x if x.dtype.kind in "TM" else x.astype(floating(x.dtype.name), copy=False)


def _check_state(state: FittedState) -> None:
    """Raise ValueError unless a state holds a number or a text for each column."""
    kinds = {isinstance(value, str) for value in state["values"]}
    numbers = [value for value in state["values"] if not isinstance(value, str)]
    if len(kinds) > 1 or not np.isfinite(np.asarray(numbers, np.float64)).all():
        raise ValueError("no values")


def _inverse(step: ImputeTransform, _: FittedState, y: Array) -> Array:
    """The values, without their indicators: none becomes missing again."""
    return as_columns(y)[:, : as_columns(y).shape[1] // 2] if step.indicator else y


impute = TransformRule(_apply, _fit, ("values",), check_state=_check_state, inverse=_inverse)
