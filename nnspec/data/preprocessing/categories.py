"""Rules of the steps that number a column's categories: one_hot and ordinal.

The state holds the categories of each column, in order.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.preprocessing.categories import OneHotTransform, OrdinalTransform
from nnspec.data.column_types import TEXT_TYPE, is_value
from nnspec.data.invalid_values import InvalidValueError, require_values, shown
from nnspec.data.preprocessing.row_columns import as_columns, cell_index, require_columns
from nnspec.data.preprocessing.transforms import one_hot_of_classes
from nnspec.data.registry import FittedState, TrainingChunks, TransformRule
from nnspec.data.value_numbers import value_numbers

CategoryStep = OneHotTransform | OrdinalTransform
_MAX_SHOWN = 5  # categories in a hint


def _fit(step: CategoryStep, chunks: TrainingChunks) -> FittedState:
    """The categories of each column: listed, those of its contract, or of the training rows.

    The latter are sorted, and a missing value is none.
    """
    if isinstance(step, OneHotTransform) and step.classes:
        return {}
    if step.categories:
        columns = as_columns(next(chunks())).shape[1]
        return {"categories": [list(step.categories)] * columns}
    if chunks.categories is not None:
        return {"categories": [list(values) for values in chunks.categories]}
    rows, chunk = 0, next(chunks())
    found = [set[Any]() for _ in as_columns(chunk).T]
    for chunk in chunks():
        if step.unknown == "error":
            require_values(step.kind, chunk, rows)
        for values, column in zip(found, as_columns(chunk).T, strict=True):
            values.update(column[is_value(column)].tolist())
        rows += len(chunk)
    _require_categories(step, found, chunk)
    return {"categories": [sorted(values) for values in found]}


def _require_categories(step: CategoryStep, found: Sequence[Set[Any]], x: Array) -> None:
    """Raise InvalidValueError where a column has none, because all its values are missing."""
    empty = next((column for column, values in enumerate(found) if not len(values)), None)
    if empty is not None:
        message = f"{step.kind} finds no value of this column in any training row"
        hint = "list the categories, or take the column out"
        raise InvalidValueError(message, cell_index(x, 0, empty), hint)


def _check_state(state: FittedState) -> None:
    """Raise ValueError unless a state holds categories of one type for each column."""
    for values in state.get("categories", ()):
        kinds = {isinstance(value, str) for value in values}
        if len(kinds) != 1 or not all(isinstance(value, str | int | float) for value in values):
            raise ValueError("no categories")


def _numbers(step: CategoryStep, state: FittedState, x: Array) -> Array:
    """The number of each value among its column's n categories; n where it is none of them."""
    columns = as_columns(x)
    categories = state["categories"]
    require_columns(step.kind, len(categories), x)
    if step.unknown == "error":
        require_values(step.kind, x)
    numbers = np.empty(columns.shape, np.int64)
    for column, values in enumerate(categories):
        numbers[:, column] = value_numbers(values, columns[:, column])
        unknown = numbers[:, column] == len(values)
        if step.unknown == "error" and unknown.any():
            raise _unknown(step, x, int(np.argmax(unknown)), column, values)
    return numbers


def _unknown(
    step: CategoryStep, x: Array, row: int, column: int, values: Sequence[Any]
) -> InvalidValueError:
    """The error of a value that is none of the categories."""
    value = shown(as_columns(x)[row, column])
    listed = ", ".join(map(str, values[:_MAX_SHOWN]))
    more = ", ..." if len(values) > _MAX_SHOWN else ""
    why = "is none of the categories" if step.categories else "no training row has"
    message = f"{step.kind} gets {value!r}, which {why}"
    policy = "zeros" if isinstance(step, OneHotTransform) else "other"
    hint = f"the categories are {listed}{more}; of an input, unknown: {policy} takes any"
    return InvalidValueError(message, cell_index(x, row, column), hint)


def _apply_one_hot(step: OneHotTransform, state: FittedState, x: Array) -> Array:
    if step.classes:
        return one_hot_of_classes(step, step.classes, x)
    numbers = _numbers(step, state, x)
    hot = [
        numbers[:, [column]] == np.arange(len(values))
        for column, values in enumerate(state["categories"])
    ]
    return np.concatenate(hot, axis=1).astype(np.float32)


def _apply_ordinal(step: OrdinalTransform, state: FittedState, x: Array) -> Array:
    return _numbers(step, state, x).reshape(x.shape)


def _inverse_one_hot(step: OneHotTransform, state: FittedState, y: Array) -> Array:
    """The categories with the largest values; numbers of classes where there are no others."""
    columns, start, found = as_columns(y), 0, list[Array]()
    if step.classes:
        return columns.argmax(axis=1)
    for values in state["categories"]:
        largest = columns[:, start : start + len(values)].argmax(axis=1)
        found.append(_categories(values, largest))
        start += len(values)
    return found[0] if len(found) == 1 else np.stack(found, axis=1)


def _inverse_ordinal(step: OrdinalTransform, state: FittedState, y: Array) -> Array:
    """The categories of the nearest numbers, or of the largest of several values of one column."""
    categories, columns = state["categories"], as_columns(y)
    if len(categories) == 1 and columns.shape[1] > 1:
        return _categories(categories[0], columns.argmax(axis=1))
    require_columns(step.kind, len(categories), y)
    last = [len(values) - (step.unknown == "error") for values in categories]
    nearest = np.clip(np.rint(columns), 0, last).astype(np.int64)
    found = [_categories(values, nearest[:, n]) for n, values in enumerate(categories)]
    return np.stack(found, axis=1).reshape(y.shape)


def _categories(values: Sequence[Any], numbers: Array) -> Array:
    """The categories of numbers; of another number a missing value."""
    if isinstance(values[0], str):
        return np.array([*values, ""], TEXT_TYPE)[np.minimum(numbers, len(values))]
    known = np.array(values)
    if (numbers >= len(values)).any():
        known = np.append(known.astype(np.float64), np.nan)
    return known[np.minimum(numbers, len(values))]


one_hot = TransformRule(
    _apply_one_hot, _fit, (), ("categories",), _check_state, inverse=_inverse_one_hot
)
ordinal = TransformRule(
    _apply_ordinal, _fit, ("categories",), check_state=_check_state, inverse=_inverse_ordinal
)
