"""Fitted sequence of preprocessing steps, computed in chunks of rows to bound memory.

A step is fitted on the training rows alone; its state is saved in the run folder and applied to
all other rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple, Self

import numpy as np

from nnspec.components.preprocessing.base import Transform
from nnspec.data.located_errors import located as located_at
from nnspec.data.registry import TRANSFORMS, Array, FittedState
from nnspec.errors import SourceSpan
from nnspec.options.component import to_plain
from nnspec.options.tensor_spec import TensorSpec

CHUNK_ROWS = 4096


class LocatedStep(NamedTuple):
    """A preprocessing step and its place in the spec."""

    step: Transform
    place: SourceSpan | None = None


class FittedPipeline(NamedTuple):
    """A sequence of preprocessing steps with the fitted state of each."""

    steps: tuple[LocatedStep, ...]
    state: tuple[FittedState, ...]
    rows: int  # number of rows it was fitted on

    @classmethod
    def fit(cls, steps: Sequence[LocatedStep], rows: Array) -> Self:
        """Fit each step to the training rows as transformed by the steps before it."""
        _check_shape(steps, rows)
        fitted = cls((), (), len(rows))
        with np.errstate(all="ignore"):  # non-finite values are refused at the end
            for located in steps:
                state = TRANSFORMS[located.step].fit(located.step, partial(fitted.chunks, rows))
                fitted = fitted.with_step(located, state)
        return fitted

    def with_step(self, located: LocatedStep, state: FittedState) -> Self:
        """Return the pipeline with one more step."""
        return self._replace(steps=(*self.steps, located), state=(*self.state, state))

    def apply(self, rows: Array) -> Array:
        """Preprocess rows; raise DataError, at the step's place, if a step cannot take them."""
        if not self.steps:
            return rows
        _check_shape(self.steps, rows)
        chunks = self.chunks(rows)
        first = next(chunks)
        prepared = np.empty((len(rows), *first.shape[1:]), first.dtype)
        prepared[: len(first)], start = first, len(first)
        for chunk in chunks:
            prepared[start : start + len(chunk)] = chunk
            start += len(chunk)
        return prepared

    def chunks(self, rows: Array) -> Iterator[Array]:
        """Yield the preprocessed rows in chunks; for no rows, a single empty chunk."""
        for start in range(0, max(len(rows), 1), CHUNK_ROWS):
            yield self._apply_chunk(rows[start : start + CHUNK_ROWS])

    def _apply_chunk(self, rows: Array) -> Array:
        for (step, place), state in zip(self.steps, self.state, strict=True):
            with located_at(place), np.errstate(all="ignore"):
                rows = TRANSFORMS[step].apply(step, state, rows)
        return rows

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


def _check_shape(steps: Sequence[LocatedStep], rows: Array) -> None:
    """Raise DataError, at a step's place, if it cannot take the shape or dtype of the rows."""
    signature = TensorSpec(rows.shape[1:], rows.dtype.name)
    for step, place in steps:
        with located_at(place):
            signature = step.apply(signature)


def _check_state(step: Transform, state: FittedState) -> None:
    """Raise ValueError unless a state has the step's names, one shape and finite values."""
    if tuple(state) != TRANSFORMS[step].state:
        raise ValueError("other names")
    columns = [np.asarray(column, dtype=np.float64) for column in state.values()]
    if len({column.shape for column in columns}) > 1:
        raise ValueError("different shapes")
    if not all(np.isfinite(column).all() for column in columns):
        raise ValueError("not finite")
