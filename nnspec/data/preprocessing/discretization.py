"""Rule of bucketize: boundaries that are given, or quantiles of the training rows."""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.preprocessing.discretization import BucketizeTransform
from nnspec.data.invalid_values import require_values
from nnspec.data.preprocessing.row_columns import as_columns, require_columns
from nnspec.data.registry import FittedState, TrainingChunks, TransformRule


def _fit(step: BucketizeTransform, chunks: TrainingChunks) -> FittedState:
    """The boundaries of each column; none where the step states them."""
    if step.bins is None:
        return {}
    rows = np.concatenate(list(chunks()))
    require_values(step.kind, rows)
    columns = as_columns(rows.astype(np.float64, copy=False)).T
    return {"boundaries": [_quantiles(column, step.bins) for column in columns]}


def _quantiles(column: Array, bins: int) -> list[float]:
    """The different ones of the quantiles 1/bins, 2/bins, ... of a column."""
    found = np.quantile(column / 2, np.arange(1, bins) / bins) * 2  # a half cannot overflow
    return [float(number) for number in np.unique(found)]


def _apply(step: BucketizeTransform, state: FittedState, x: Array) -> Array:
    require_values(step.kind, x)
    columns = as_columns(x)
    boundaries = state.get("boundaries") or [step.boundaries] * columns.shape[1]
    require_columns(step.kind, len(boundaries), x)
    found = np.empty(columns.shape, np.int64)
    for number, column in enumerate(columns.T):
        found[:, number] = np.searchsorted(np.array(boundaries[number]), column, side="right")
    return found.reshape(x.shape)


def _check_state(state: FittedState) -> None:
    """Raise ValueError unless a state holds ascending numbers for each column."""
    for boundaries in state.get("boundaries", ()):
        numbers = np.asarray(boundaries, np.float64)
        if not (np.isfinite(numbers).all() and (np.diff(numbers) > 0).all()):
            raise ValueError("no boundaries")


bucketize = TransformRule(_apply, _fit, (), ("boundaries",), check_state=_check_state)
