"""Fitted sequence of preprocessing steps, computed in chunks of rows to bound memory.

A step is fitted on the training rows alone; its state is saved in the run folder and applied to
all other rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from math import prod
from typing import Any, NamedTuple, Self

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.preprocessing.base import MADE_NUMBERS, Transform, after_step, unprepared
from nnspec.data.column_types import row_spec
from nnspec.data.invalid_values import InvalidSourceValueError, InvalidValueError
from nnspec.data.located_errors import located as located_at
from nnspec.data.preprocessing.number_types import OWN, StoredTypes, unprepared_rows
from nnspec.data.preprocessing.rounding import RoundedColumns, resolutions
from nnspec.data.preprocessing.source_values import invalid_result, source_value
from nnspec.data.registry import TRANSFORMS, Categories, FittedState, TrainingChunks
from nnspec.errors import DataError, SourceSpan
from nnspec.options.component import to_plain
from nnspec.options.tensor_spec import TensorSpec
from nnspec.spec.data_steps import StepList
from nnspec.spec.document import Spec

CHUNK_ROWS = 4096
CHUNK_NUMBERS = 1 << 18  # so many stay in a processor's cache between two steps


class LocatedStep(NamedTuple):
    """A preprocessing step and its place in the spec."""

    step: Transform
    place: SourceSpan | None = None


def located_steps(spec: Spec, steps: StepList) -> tuple[LocatedStep, ...]:
    """The steps of an array or of a group of columns, with their places in the spec."""
    return tuple(LocatedStep(step, spec.locate(*path)) for path, step in steps.located)


class FittedPipeline(NamedTuple):
    """A sequence of preprocessing steps with the fitted state of each."""

    steps: tuple[LocatedStep, ...]
    state: tuple[FittedState, ...]
    rows: int  # number of rows it was fitted on
    rounded: tuple[RoundedColumns, ...] = ()  # found in fitting; not saved

    @classmethod
    def fit(
        cls, steps: Sequence[LocatedStep], rows: Array, categories: Categories | None = None
    ) -> Self:
        """Fit each step to the training rows as transformed by the steps before it.

        `categories` are those of each column of the rows, where a contract lists them. Raises a
        DataError, at the step's place, where it cannot take their shape or a number.
        """
        _check_steps(steps, rows)
        fitted = cls((), (), len(rows))
        for located in steps:
            fitted = fitted._fit_step(located, rows, None if fitted.steps else categories)
        return fitted

    def _fit_step(self, located: LocatedStep, rows: Array, categories: Categories | None) -> Self:
        """The pipeline with one more step, fitted."""
        rounded = list(self.rounded)
        chunks = TrainingChunks(
            partial(self.chunks, rows),
            partial(self._resolutions, rows),
            lambda *found: rounded.append(RoundedColumns.of(len(self.steps), *found)),
            categories,
        )
        try:
            with located_at(located.place), np.errstate(all="ignore"):
                state = TRANSFORMS[located.step].fit(located.step, chunks)
                return self.with_step(located, state)._replace(rounded=tuple(rounded))
        except InvalidSourceValueError:
            raise
        except InvalidValueError as error:
            pipeline, number = self.with_step(located, {}), len(self.steps)
            raise source_value(pipeline, rows, 0, number, error) from None

    def _resolutions(self, rows: Array) -> Array:
        """By how much rounding changes the numbers of each column that comes out, relatively."""
        parts = (np.asarray(rows[part]) for part in _parts(rows))
        return resolutions(self, self._row_specs(rows), parts)

    def _row_specs(self, rows: Array) -> list[TensorSpec]:
        """Shape and type of a row of the source, and of one after each step."""
        found, x = [row_spec(rows)], unprepared_rows(rows[:0])
        for number in range(len(self.steps)):
            x = self.apply_step(number, x)
            found.append(row_spec(x))
        return found

    def with_step(self, located: LocatedStep, state: FittedState) -> Self:
        """Return the pipeline with one more step."""
        return self._replace(steps=(*self.steps, located), state=(*self.state, state))

    def apply(self, rows: Array, types: StoredTypes = OWN) -> Array:
        """Preprocess rows; the results are stored in the given types.

        Raises a DataError, at the step's place, if a step cannot take them, and an
        InvalidSourceValueError for a number that it cannot take or give a finite result for.
        """
        _check_steps(self.steps, rows)
        first = self._apply_chunk(rows, slice(0, 0))
        prepared = np.empty((len(rows), *first.shape[1:]), types.of(first.dtype))
        if not self.steps and prepared.dtype == rows.dtype and _is_aligned(rows):
            prepared = rows
        for part in _parts(rows):
            if prepared is not rows:
                with np.errstate(all="ignore"):  # what is not finite is refused below
                    prepared[part] = self._apply_chunk(rows, part)
            if prepared.dtype.kind in "TM":
                raise DataError(f"no step makes numbers of {row_spec(prepared).kind}", MADE_NUMBERS)
            if not np.isfinite(prepared[part]).all():
                raise invalid_result(self, rows, prepared[part], part.start)
        return prepared

    def chunks(self, rows: Array) -> Iterator[Array]:
        """Yield the preprocessed rows in chunks; for no rows, a single empty chunk."""
        for part in _parts(rows):
            yield self._apply_chunk(rows, part)

    def _apply_chunk(self, rows: Array, part: slice) -> Array:
        chunk = unprepared_rows(rows[part]) if self.steps else np.asarray(rows[part])
        for number in range(len(self.steps)):
            try:
                chunk = self.apply_step(number, chunk)
            except InvalidValueError as error:
                raise source_value(self, rows, part.start, number, error) from None
        return chunk

    def apply_step(self, number: int, x: Array) -> Array:
        """The result of one step."""
        (step, place), state = self.steps[number], self.state[number]
        with np.errstate(all="ignore"), located_at(place):
            return TRANSFORMS[step].apply(step, state, x)

    def plain(self) -> dict[str, Any]:
        """JSON-serializable dict for `preprocessing.json`."""
        pairs = zip(self.steps, self.state, strict=True)
        return {
            "rows": self.rows,
            "steps": [{"step": to_plain(located.step), "state": state} for located, state in pairs],
        }

    @classmethod
    def from_plain(cls, values: dict[str, Any], steps: Sequence[LocatedStep]) -> Self:
        """Parse what `plain` returns; raise ValueError if it was fitted for other steps."""
        written = [item["step"] for item in values["steps"]]
        if written != [to_plain(located.step) for located in steps]:
            raise ValueError("other steps")
        state = tuple(item["state"] for item in values["steps"])
        for located, step_state in zip(steps, state, strict=True):
            _check_state(located.step, step_state)
        return cls(tuple(steps), state, int(values["rows"]))


def _is_aligned(rows: Array) -> bool:
    """Whether rows are an array in memory as processors read it; those in files are none."""
    return isinstance(rows, np.ndarray) and rows.flags.aligned


def _parts(rows: Array) -> Iterator[slice]:
    """The chunks of rows; for no rows, an empty one."""
    size = max(1, min(CHUNK_ROWS, CHUNK_NUMBERS // max(1, prod(rows.shape[1:]))))
    for start in range(0, max(len(rows), 1), size):
        yield slice(start, start + size)


def _check_steps(steps: Sequence[LocatedStep], rows: Array) -> None:
    """Raise DataError, at the step's place, where one cannot be applied to such rows."""
    x: TensorSpec | None = unprepared(row_spec(rows))
    for step, place in steps:
        with located_at(place):
            x = after_step(step, x)


def _check_state(step: Transform, state: FittedState) -> None:
    """Raise ValueError unless a state has the step's names, one shape and finite values."""
    rule = TRANSFORMS[step]
    if tuple(state) not in (rule.state, rule.state + rule.optional_state):
        raise ValueError("other names")
    rule.check_state(state)
