"""Gradient of the mean loss over many rows, and statistics of it by weight."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.contract import Program, Weights, batches_of
from nnspec.data.rows import Rows

_BATCH_ROWS = 256


class GradientStats(NamedTuple):
    """Norm of one weight's gradient, and the number of neurons with zero gradient."""

    weight: str
    norm: float  # of the gradient
    neurons: int  # along the last axis
    idle: int  # neurons whose gradient is 0 in every component, so that they cannot learn


def gradient(program: Program, split: Rows) -> Weights:
    """Gradient of the mean loss over all rows: the batches' gradients weighted by their rows."""
    device_rows = program.upload(split.inputs, split.targets)
    total: Weights = {}
    with np.errstate(all="ignore"):
        for batch in batches_of(split.rows, _BATCH_ROWS):
            share = len(batch) / split.rows
            for name, array in program.gradients(device_rows, batch).items():
                total[name] = total.get(name, 0) + share * array.astype(np.float64)
    return total


def gradient_stats(gradients: Weights) -> Iterator[GradientStats]:
    """Statistics of each weight's gradient."""
    for name, array in gradients.items():
        columns = array.reshape(-1, array.shape[-1])
        idle = int((columns == 0).all(axis=0).sum())
        yield GradientStats(name, _norm(array), columns.shape[1], idle)


def _norm(array: Array) -> float:
    return float(np.linalg.norm(array))
