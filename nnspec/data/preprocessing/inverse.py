"""Predictions in the unit of the raw targets: the inverse of their steps, and names of classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.data.preprocessing.pipeline import FittedPipeline
from nnspec.data.registry import FittedState

_Inverse = Callable[[Any, FittedState, Array], Array]


def inverse_target(pipeline: FittedPipeline, values: Array) -> Array | None:
    """The raw values that the steps turn into `values` (rows, ...); None where a step has none."""
    for (step, _), state in zip(reversed(pipeline.steps), reversed(pipeline.state), strict=True):
        inverse = _INVERSES.get(step.kind)
        if inverse is None:
            return None
        values = inverse(step, state, values.astype(np.float64, copy=False))
    return values


def class_names(pipeline: FittedPipeline) -> tuple[str, ...] | None:
    """The categories of a column by their numbers; None where no step has learnt such."""
    for state in pipeline.state:
        categories = state.get("categories")
        if categories is not None:
            return tuple(map(str, categories[0])) if len(categories) == 1 else None
    return None


def _keep(_: Any, __: FittedState, y: Array) -> Array:
    return y


def _standardize(_: Any, state: FittedState, y: Array) -> Array:
    return np.asarray(state["mean"]) + np.asarray(state["std"]) * y


def _scale(step: Any, state: FittedState, y: Array) -> Array:
    lowest, highest = np.asarray(state["lowest"]), np.asarray(state["highest"])
    share = (y - step.minimum) / (step.maximum - step.minimum)
    return lowest * (1 - share) + highest * share


def _log(step: Any, _: FittedState, y: Array) -> Array:
    return np.expm1(y) if step.offset == 1 else np.exp(y) - step.offset


def _divide(step: Any, _: FittedState, y: Array) -> Array:
    return y * step.divisor


_INVERSES: Mapping[str, _Inverse] = MappingProxyType(
    {
        "cast": _keep,
        "clip": _keep,
        "divide": _divide,
        "impute": _keep,
        "log": _log,
        "scale": _scale,
        "standardize": _standardize,
    }
)
