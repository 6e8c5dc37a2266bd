"""Numbers of the source that are to blame for what a preparation cannot take or give."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, Protocol

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.data.column_types import is_finite
from nnspec.data.invalid_values import (
    Index,
    InvalidSourceValueError,
    InvalidValueError,
    first_index,
    not_finite_hint,
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
    stages = _stages(pipeline, x, number)
    made = _overflow(pipeline, stages, row)
    if made:
        return made
    index = in_source(pipeline, x.shape[1:], number, error.index[1:])
    place = pipeline.steps[number].place
    if len(index) < x.ndim - 1 and not is_finite(stages[-1]).all():
        return _no_number(x, row, place)
    return InvalidSourceValueError(error.message, (row, *index), error.hint, place)


def invalid_result(
    pipeline: Pipeline, rows: Array, result: Array, start: int
) -> InvalidSourceValueError:
    """The error of a chunk after `start` rows, in whose result a number is not finite."""
    row = start + first_index(~np.isfinite(result))[0]
    x = unprepared_rows(rows[row : row + 1])
    stages = _stages(pipeline, x, len(pipeline.steps))
    if is_finite(stages[-1]).all():
        return _too_large(pipeline, stages, row, result.dtype)
    return _overflow(pipeline, stages, row) or _no_number(x, row)


def _stages(pipeline: Pipeline, x: Array, steps: int) -> list[Array]:
    """A row of the source, and what each of some steps makes of it."""
    stages = [x]
    for number in range(steps):
        stages.append(pipeline.apply_step(number, stages[-1]))
    return stages


def _no_number(x: Array, row: int, place: SourceSpan | None = None) -> InvalidSourceValueError:
    """The error of a row's first number that is not finite."""
    index = first_index(~np.isfinite(x))
    message, hint = f"{shown(x[index])} is no number", not_finite_hint(x[index])
    return InvalidSourceValueError(message, (row, *index[1:]), hint, place)


def _overflow(
    pipeline: Pipeline, stages: Sequence[Array], row: int
) -> InvalidSourceValueError | None:
    """The error of the step that made finite numbers what the last of its results is not.

    None where the numbers are finite in the end, or were not from the source on: a step such as
    impute may have put others in the place of some that were not.
    """
    finite = [bool(is_finite(stage).all()) for stage in stages]
    if finite[-1] or True not in finite:
        return None
    number = len(finite) - 1 - finite[::-1].index(True)
    (step, place), before, after = pipeline.steps[number], stages[number], stages[number + 1]
    at = first_index(~np.isfinite(after)) if step.elementwise else _largest(before)
    index = in_source(pipeline, stages[0].shape[1:], number, at[1:])
    message = f"{step.kind} gets {shown(before[at])}, and the result is beyond {after.dtype}"
    return InvalidSourceValueError(message, (row, *index), "scale the numbers first", place)


def _too_large(
    pipeline: Pipeline, stages: Sequence[Array], row: int, dtype: np.dtype[Any]
) -> InvalidSourceValueError:
    """The error of a row whose results are finite, but not in the type that they are stored in."""
    x = stages[-1]
    at = _largest(x)
    index = in_source(pipeline, stages[0].shape[1:], len(pipeline.steps), at[1:])
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
