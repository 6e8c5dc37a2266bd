"""Rules of the steps that number a column's categories: the values of the training rows, sorted."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.preprocessing.encoding import OneHotTransform, OrdinalTransform
from nnspec.data.column_types import TEXT_TYPE
from nnspec.data.invalid_values import InvalidValueError, shown
from nnspec.data.preprocessing.transforms import one_hot_of_classes
from nnspec.data.registry import FittedState, TrainingChunks, TransformRule

_MAX_SHOWN = 5  # categories in a hint


def fit_categories(_: Any, chunks: TrainingChunks) -> FittedState:
    """The different values of each column of the training rows, sorted."""
    found: list[Array] = []
    for chunk in chunks():
        columns = chunk.reshape(len(chunk), prod(chunk.shape[1:])).T
        found = [
            np.unique(column if not found else np.concatenate([found[number], column]))
            for number, column in enumerate(columns)
        ]
    return {"categories": [values.tolist() for values in found]}


def check_categories(state: FittedState) -> None:
    """Raise ValueError unless a state holds categories of one type for each column."""
    for values in state.get("categories", ()):
        kinds = {isinstance(value, str) for value in values}
        numbers = all(isinstance(value, str | int | float) for value in values)
        if not values or len(kinds) > 1 or not numbers:
            raise ValueError("no categories")


def _numbers(step: str, state: FittedState, x: Array) -> Array:
    """The number of each value among its column's categories, (rows, columns)."""
    columns = x.reshape(len(x), prod(x.shape[1:]))
    numbers = np.empty(columns.shape, np.int64)
    for number, values in enumerate(state["categories"]):
        known = np.array(values, dtype=TEXT_TYPE if x.dtype.kind == "T" else None)
        numbers[:, number] = np.searchsorted(known, columns[:, number])
        found = known[np.minimum(numbers[:, number], len(known) - 1)] == columns[:, number]
        if not found.all():
            raise _unknown(step, x, columns, int(np.argmin(found)), number, values)
    return numbers


def _unknown(
    step: str, x: Array, columns: Array, row: int, column: int, values: list[Any]
) -> InvalidValueError:
    """The error of a value that is none of the categories."""
    index = (row, *map(int, np.unravel_index(column, x.shape[1:] or (1,))))[: x.ndim]
    listed = ", ".join(map(str, values[:_MAX_SHOWN])) + (
        ", ..." if len(values) > _MAX_SHOWN else ""
    )
    message = f"{step} gets {shown(columns[row, column])!r}, which no training row has"
    return InvalidValueError(message, index, f"the categories are {listed}")


def _fit_one_hot(step: OneHotTransform, chunks: TrainingChunks) -> FittedState:
    return {} if step.classes else fit_categories(step, chunks)


def _apply_one_hot(step: OneHotTransform, state: FittedState, x: Array) -> Array:
    if step.classes:
        return one_hot_of_classes(step.classes, x)
    numbers = _numbers(step.kind, state, x)
    hot = [
        numbers[:, [column]] == np.arange(len(values))
        for column, values in enumerate(state["categories"])
    ]
    return np.concatenate(hot, axis=1).astype(np.float32)


def _apply_ordinal(step: OrdinalTransform, state: FittedState, x: Array) -> Array:
    return _numbers(step.kind, state, x).reshape(x.shape)


one_hot = TransformRule(
    _apply_one_hot, _fit_one_hot, (), ("categories",), check_state=check_categories
)
ordinal = TransformRule(
    _apply_ordinal, fit_categories, ("categories",), check_state=check_categories
)
