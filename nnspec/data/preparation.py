"""Fitting and applying the preparation, in portions of rows so that memory stays small.

A step learns from the training rows alone; what it has learnt is plain numbers, kept in the run
folder and applied to every later row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial, reduce, singledispatch
from typing import Any, NamedTuple, Self, cast

import numpy as np
from numpy.typing import NDArray

from nnspec import prep
from nnspec.component import plain, read
from nnspec.errors import DataError
from nnspec.prep import Preparation

Array = NDArray[Any]
Learnt = dict[str, Any]  # plain values
PORTION = 4096


class Step(NamedTuple):
    """A preparation step with what it has learnt."""

    step: Preparation
    learnt: Learnt


class Fitted(NamedTuple):
    """A chain of fitted steps."""

    steps: tuple[Step, ...]
    rows: int  # on which they were fitted

    @classmethod
    def fit(cls, steps: Sequence[Preparation], rows: Array) -> Self:
        """Fit each step to what the steps before it make of the training rows."""
        fitted: list[Step] = []
        for step in steps:
            fitted.append(Step(step, fit(step, partial(_portions, tuple(fitted), rows))))
        return cls(tuple(fitted), len(rows))

    def apply(self, rows: Array) -> Array:
        """The prepared rows."""
        if not self.steps or not len(rows):
            return rows
        portions = _portions(self.steps, rows)
        first = next(portions)
        prepared = np.empty((len(rows), *first.shape[1:]), first.dtype)
        prepared[: len(first)], start = first, len(first)
        for portion in portions:
            prepared[start : start + len(portion)] = portion
            start += len(portion)
        return prepared

    def plain(self) -> dict[str, Any]:
        """What `preparation.json` holds."""
        return {
            "rows": self.rows,
            "steps": [{"step": plain(s), "learnt": learnt} for s, learnt in self.steps],
        }

    @classmethod
    def from_plain(cls, values: dict[str, Any]) -> Self:
        """The other way round."""
        read_step = partial(read, "preparation")
        steps = (
            Step(cast("Preparation", read_step(s["step"])), s["learnt"]) for s in values["steps"]
        )
        return cls(tuple(steps), values["rows"])


def _portions(steps: Sequence[Step], rows: Array) -> Iterator[Array]:
    for start in range(0, len(rows), PORTION):
        yield reduce(lambda x, s: apply(s.step, s.learnt, x), steps, rows[start : start + PORTION])


Portions = Callable[[], Iterator[Array]]


@singledispatch
def fit(step: Preparation, portions: Portions) -> Learnt:  # noqa: ARG001
    """What a step learns from the training rows; nothing, for most."""
    return {}


@fit.register
def _(step: prep.Scale, portions: Portions) -> Learnt:  # noqa: ARG001
    lowest = reduce(np.minimum, (portion.min(axis=0) for portion in portions()))
    highest = reduce(np.maximum, (portion.max(axis=0) for portion in portions()))
    return {"lowest": lowest.tolist(), "highest": highest.tolist()}


@fit.register
def _(step: prep.Standardize, portions: Portions) -> Learnt:  # noqa: ARG001
    rows = sum(len(portion) for portion in portions())
    mean = sum(portion.sum(axis=0, dtype=np.float64) for portion in portions()) / rows
    squares = sum(np.square(portion - mean).sum(axis=0, dtype=np.float64) for portion in portions())
    return {"mean": mean.tolist(), "std": np.sqrt(squares / rows).tolist()}


@singledispatch
def apply(step: Preparation, learnt: Learnt, x: Array) -> Array:  # noqa: ARG001
    """Rows after a step."""
    raise DataError(f"nothing applies the preparation {step.kind!r}")


@apply.register
def _(step: prep.Reshape, learnt: Learnt, x: Array) -> Array:  # noqa: ARG001
    return x.reshape(len(x), *step.apply(prep.Signature(x.shape[1:], "")).shape)


@apply.register
def _(step: prep.Flatten, learnt: Learnt, x: Array) -> Array:  # noqa: ARG001
    return x.reshape(len(x), -1)


@apply.register
def _(step: prep.Cast, learnt: Learnt, x: Array) -> Array:  # noqa: ARG001
    return x.astype(step.dtype)


@apply.register
def _(step: prep.Divide, learnt: Learnt, x: Array) -> Array:  # noqa: ARG001
    return _real(x) / step.divisor


@apply.register
def _(step: prep.Scale, learnt: Learnt, x: Array) -> Array:
    lowest, highest = (np.asarray(learnt[key], dtype=np.float64) for key in ("lowest", "highest"))
    share = (x - lowest) / np.where(highest > lowest, highest - lowest, 1)
    return (step.minimum + share * (step.maximum - step.minimum)).astype(_real(x).dtype)


@apply.register
def _(step: prep.Standardize, learnt: Learnt, x: Array) -> Array:  # noqa: ARG001
    mean, std = (np.asarray(learnt[key], dtype=np.float64) for key in ("mean", "std"))
    return ((x - mean) / np.where(std > 0, std, 1)).astype(_real(x).dtype)


@apply.register
def _(step: prep.OneHot, learnt: Learnt, x: Array) -> Array:  # noqa: ARG001
    index = x.reshape(len(x))
    bad = (index != np.floor(index)) | (index < 0) | (index >= step.classes)
    if bad.any():
        value = index[bad][0]
        raise DataError(
            f"one_hot: the label {value} is no whole number from 0 to {step.classes - 1}"
        )
    hot: Array = index[:, None] == np.arange(step.classes)
    return hot.astype(np.float32)


def _real(x: Array) -> Array:
    """Fractions keep their type; whole numbers become float64."""
    return x if x.dtype.kind == "f" else x.astype(np.float64)
