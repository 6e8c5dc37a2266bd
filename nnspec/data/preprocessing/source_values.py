"""Numbers of the source that are to blame for what a preparation cannot take or give."""

from __future__ import annotations

from math import prod
from typing import Any, Protocol

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.data.invalid_values import (
    NOT_FINITE,
    Index,
    InvalidSourceValueError,
    InvalidValueError,
    first_index,
    shown,
)
from nnspec.data.preprocessing.number_types import unprepared_rows
from nnspec.errors import SourceSpan


class Pipeline(Protocol):
    """The steps of a preparation, each with its place in the spec."""

    @property
    def steps(self) -> tuple[Any, ...]:
        """The steps and their places."""

    def apply_step(self, number: int, x: Array) -> Array:
        """The result of one step."""


def source_value(
    pipeline: Pipeline, rows: Array, start: int, number: int, error: InvalidValueError
) -> InvalidSourceValueError:
    """The error of a step's rule for a chunk after `start` rows, with the index in the source.

    Where a number is not finite, what made it so is to blame, not the step that shows it.
    """
    row = start + error.index[0]
    x = unprepared_rows(rows[row : row + 1])
    if number and np.isfinite(x).all():
        made = _overflow(pipeline, x, row, number)
        if made:
            return made
    index = in_source(pipeline, x.shape[1:], number, error.index[1:])
    place = pipeline.steps[number].place
    if len(index) < x.ndim - 1 and not np.isfinite(x).all():
        return _no_number(x, row, place)
    return InvalidSourceValueError(error.message, (row, *index), error.hint, place)


def invalid_result(
    pipeline: Pipeline, rows: Array, result: Array, start: int
) -> InvalidSourceValueError:
    """The error of a chunk after `start` rows, in whose result a number is not finite."""
    row = start + first_index(~np.isfinite(result))[0]
    x = unprepared_rows(rows[row : row + 1])
    if not np.isfinite(x).all():
        return _no_number(x, row)
    made = _overflow(pipeline, x, row, len(pipeline.steps))
    return made or _too_large(pipeline, x, row, result.dtype)


def _no_number(x: Array, row: int, place: SourceSpan | None = None) -> InvalidSourceValueError:
    """The error of a row's first number that is not finite."""
    index = first_index(~np.isfinite(x))
    message = f"{shown(x[index])} is no number"
    return InvalidSourceValueError(message, (row, *index[1:]), NOT_FINITE, place)


def _overflow(pipeline: Pipeline, x: Array, row: int, steps: int) -> InvalidSourceValueError | None:
    """The error of the first of some steps that makes a row of finite numbers overflow."""
    shape = x.shape[1:]
    for number in range(steps):
        before, x = x, pipeline.apply_step(number, x)
        if not np.isfinite(x).all():
            step, place = pipeline.steps[number]
            at = first_index(~np.isfinite(x)) if step.elementwise else _largest(before)
            index = in_source(pipeline, shape, number, at[1:])
            message = f"{step.kind} gets {shown(before[at])}, and the result is beyond {x.dtype}"
            return InvalidSourceValueError(message, (row, *index), "scale the numbers first", place)
    return None


def _too_large(
    pipeline: Pipeline, x: Array, row: int, dtype: np.dtype[Any]
) -> InvalidSourceValueError:
    """The error of a row whose results are finite, but not in the type that they are stored in."""
    shape = x.shape[1:]
    for number in range(len(pipeline.steps)):
        x = pipeline.apply_step(number, x)
    at = _largest(x)
    index = in_source(pipeline, shape, len(pipeline.steps), at[1:])
    place: SourceSpan | None = pipeline.steps[-1].place if pipeline.steps else None
    message = f"{shown(x[at])} is too large for {dtype}"
    return InvalidSourceValueError(message, (row, *index), "scale the data", place)


def _largest(x: Array) -> Index:
    """The index of the largest absolute value."""
    return first_index(np.abs(x) == np.abs(x).max())


def in_source(pipeline: Pipeline, shape: tuple[int, ...], number: int, inner: Index) -> Index:
    """Where in a source's row of a shape the number stood that a step gets at `inner`.

    Empty, for the whole row, where a step before it mixes the numbers of a row.
    """
    positions = np.arange(prod(shape)).reshape(1, *shape)
    for before in range(number):
        step = pipeline.steps[before].step
        if step.rearranges:
            positions = pipeline.apply_step(before, positions)
        elif not step.elementwise:
            return ()
    found = np.unravel_index(int(positions[0][inner]), shape)
    return tuple(map(int, found))
