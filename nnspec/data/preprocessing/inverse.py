"""Predictions in the unit of the source: the steps of a target undone, and its classes' names.

Losses and metrics stay in the unit of the prepared targets, in which the network is trained: the
mean absolute error of a standardized price is one of deviations, not of money.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.preprocessing.categories import OneHotTransform
from nnspec.components.preprocessing.encoding import CastTransform
from nnspec.data.preprocessing.fitted import Fitted
from nnspec.data.preprocessing.pipeline import FittedPipeline
from nnspec.data.registry import TRANSFORMS

_OTHER = "other"  # what a class is called for what is none of the categories


def inverse_target(pipeline: FittedPipeline, values: Array) -> Array | None:
    """Outputs (rows, ...) of a network, or prepared targets, in the unit of the source.

    Numbers are multiplied, shifted, ... back, in float64, in the shape that they have. After
    `one_hot` and `ordinal` they are the categories with the largest value, text or numbers,
    (rows,) of one column; of an `ordinal` whose output is a single number a row the category with
    the nearest number. None where a step cannot be undone, such as bucketize or hash.
    """
    y: Array = np.asarray(values, np.float64)
    for (step, _), state in zip(reversed(pipeline.steps), reversed(pipeline.state), strict=True):
        undo = TRANSFORMS[step].inverse
        if undo is None:
            return None
        with np.errstate(all="ignore"):
            y = undo(step, state, y)
    return y


def category_names(target: Fitted | None) -> tuple[str, ...] | None:
    """What the classes of a target are called, by their numbers.

    They are the categories of its last `ordinal` or `one_hot`, of a single column; None where there
    are none, such as after `one_hot: 10`, which takes numbers of classes.
    """
    pipelines = [pipeline for _, pipeline in target.pipelines()] if target else []
    return _category_names(pipelines[0]) if len(pipelines) == 1 else None


def _category_names(pipeline: FittedPipeline) -> tuple[str, ...] | None:
    for (step, _), state in zip(reversed(pipeline.steps), reversed(pipeline.state), strict=True):
        if "categories" in state:
            return _names(step, state["categories"])
        if not isinstance(step, OneHotTransform | CastTransform):
            return None
    return None


def _names(step: Any, categories: Sequence[Sequence[Any]]) -> tuple[str, ...] | None:
    """The names of the categories of a single column."""
    if len(categories) > 1:
        return None
    return (*map(_name, categories[0]), *((_OTHER,) if step.unknown == "other" else ()))


def _name(category: str | float) -> str:
    """A category as a spec writes it: a whole number without its point."""
    if isinstance(category, bool):
        return str(category).lower()
    if isinstance(category, float) and category.is_integer():
        return str(int(category))
    return str(category)
