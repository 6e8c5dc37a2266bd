"""Fitting and applying a chain of steps, in portions of rows so that memory stays small.

A step learns from the training rows alone; what it has learnt is kept in the run folder and
applied to every later row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple, Self

import numpy as np

from nnspec.components.preprocessing.base import Preparation
from nnspec.data.located_errors import at
from nnspec.data.preprocessing import transforms
from nnspec.data.preprocessing.transforms import Array, Learnt
from nnspec.errors import Place
from nnspec.options.component import plain
from nnspec.options.tensor_spec import Signature

PORTION = 4096


class Placed(NamedTuple):
    """A step, and where it is written."""

    step: Preparation
    place: Place | None = None


class Fitted(NamedTuple):
    """A chain of steps, with what each has learnt."""

    chain: tuple[Placed, ...]
    learnt: tuple[Learnt, ...]
    rows: int  # on which they were fitted

    @classmethod
    def fit(cls, chain: Sequence[Placed], rows: Array) -> Self:
        """Fit each step to what the steps before it make of the training rows."""
        _refuse_shape(chain, rows)
        fitted = cls((), (), len(rows))
        with np.errstate(all="ignore"):  # what is no number is refused once all is prepared
            for placed in chain:
                learnt = transforms.fit(placed.step, partial(fitted.portions, rows))
                fitted = fitted.then(placed, learnt)
        return fitted

    def then(self, placed: Placed, learnt: Learnt) -> Self:
        """The chain with one more step."""
        return self._replace(chain=(*self.chain, placed), learnt=(*self.learnt, learnt))

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
        for (step, place), learnt in zip(self.chain, self.learnt, strict=True):
            with at(place), np.errstate(all="ignore"):
                rows = transforms.apply(step, learnt, rows)
        return rows

    def plain(self) -> dict[str, Any]:
        """What `preparation.json` holds."""
        pairs = zip(self.chain, self.learnt, strict=True)
        return {
            "rows": self.rows,
            "steps": [{"step": plain(placed.step), "learnt": learnt} for placed, learnt in pairs],
        }

    @classmethod
    def from_plain(cls, values: dict[str, Any], chain: Sequence[Placed]) -> Self:
        """The other way round. Raises ValueError where it was not fitted for this chain."""
        written = [item["step"] for item in values["steps"]]
        if written != [plain(placed.step) for placed in chain]:
            raise ValueError("other steps")
        learnt = tuple(item["learnt"] for item in values["steps"])
        for placed, found in zip(chain, learnt, strict=True):
            _refuse_damage(placed.step, found)
        return cls(tuple(chain), learnt, int(values["rows"]))


def _refuse_shape(chain: Sequence[Placed], rows: Array) -> None:
    """The steps' own rules say what a row must look like."""
    signature = Signature(rows.shape[1:], rows.dtype.name)
    for step, place in chain:
        with at(place):
            signature = step.apply(signature)


def _refuse_damage(step: Preparation, learnt: Learnt) -> None:
    if tuple(learnt) != transforms.LEARNS.get(type(step), ()):
        raise ValueError("other names")
    columns = [np.asarray(column, dtype=np.float64) for column in learnt.values()]
    if len({column.shape for column in columns}) > 1:
        raise ValueError("different shapes")
    if not all(np.isfinite(column).all() for column in columns):
        raise ValueError("not finite")
