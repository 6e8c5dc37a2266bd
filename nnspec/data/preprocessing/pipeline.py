"""Fitting and applying a chain of steps, in portions of rows so that memory stays small.

A step learns from the training rows alone; what it has state is kept in the run folder and
applied to every later row.
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

PORTION = 4096


class LocatedStep(NamedTuple):
    """A step, and where it is written."""

    step: Transform
    place: SourceSpan | None = None


class FittedPipeline(NamedTuple):
    """A chain of steps, with the fitted state of each."""

    chain: tuple[LocatedStep, ...]
    state: tuple[FittedState, ...]
    rows: int  # on which they were fitted

    @classmethod
    def fit(cls, chain: Sequence[LocatedStep], rows: Array) -> Self:
        """Fit each step to what the steps before it make of the training rows."""
        _refuse_shape(chain, rows)
        fitted = cls((), (), len(rows))
        with np.errstate(all="ignore"):  # what is no number is refused once all is prepared
            for located in chain:
                state = TRANSFORMS[located.step].fit(located.step, partial(fitted.portions, rows))
                fitted = fitted.then(located, state)
        return fitted

    def then(self, located: LocatedStep, state: FittedState) -> Self:
        """The chain with one more step."""
        return self._replace(chain=(*self.chain, located), state=(*self.state, state))

    def apply(self, rows: Array) -> Array:
        """The prepared rows. Raises DataError, at the step's place, where they do not suit it."""
        if not self.chain:
            return rows
        _refuse_shape(self.chain, rows)
        portions = self.portions(rows)
        first = next(portions)
        prepared = np.empty((len(rows), *first.shape[1:]), first.dtype)
        prepared[: len(first)], start = first, len(first)
        for portion in portions:
            prepared[start : start + len(portion)] = portion
            start += len(portion)
        return prepared

    def portions(self, rows: Array) -> Iterator[Array]:
        """The prepared rows bit by bit; without rows a single empty portion."""
        for start in range(0, max(len(rows), 1), PORTION):
            yield self._portion(rows[start : start + PORTION])

    def _portion(self, rows: Array) -> Array:
        for (step, place), state in zip(self.chain, self.state, strict=True):
            with located_at(place), np.errstate(all="ignore"):
                rows = TRANSFORMS[step].apply(step, state, rows)
        return rows

    def plain(self) -> dict[str, Any]:
        """What `preprocessing.json` holds."""
        pairs = zip(self.chain, self.state, strict=True)
        return {
            "rows": self.rows,
            "steps": [{"step": to_plain(located.step), "state": state} for located, state in pairs],
        }

    @classmethod
    def from_plain(cls, values: dict[str, Any], chain: Sequence[LocatedStep]) -> Self:
        """The other way round. Raises ValueError where it was not fitted for this chain."""
        written = [item["step"] for item in values["steps"]]
        if written != [to_plain(located.step) for located in chain]:
            raise ValueError("other steps")
        state = tuple(item["state"] for item in values["steps"])
        for located, found in zip(chain, state, strict=True):
            _refuse_damage(located.step, found)
        return cls(tuple(chain), state, int(values["rows"]))


def _refuse_shape(chain: Sequence[LocatedStep], rows: Array) -> None:
    """The steps' own rules say what a row must look like."""
    signature = TensorSpec(rows.shape[1:], rows.dtype.name)
    for step, place in chain:
        with located_at(place):
            signature = step.apply(signature)


def _refuse_damage(step: Transform, state: FittedState) -> None:
    if tuple(state) != TRANSFORMS[step].state:
        raise ValueError("other names")
    columns = [np.asarray(column, dtype=np.float64) for column in state.values()]
    if len({column.shape for column in columns}) > 1:
        raise ValueError("different shapes")
    if not all(np.isfinite(column).all() for column in columns):
        raise ValueError("not finite")
