"""The gradient over many rows, and which neurons it reaches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from nnspec.backends.contract import Array, Program, Weights, batches_of
from nnspec.data.sources import Rows

_ROWS = 256  # at once


class GradientStats(NamedTuple):
    """How strongly a loss pulls at a weight."""

    weight: str
    norm: float  # of the gradient
    neurons: int  # along the last axis
    idle: int  # neurons for which every number of the gradient is 0: nothing teaches them


def gradient(program: Program, table: Rows) -> Weights:
    """The gradient of the loss over all rows: the mean of the batches', weighted by their rows."""
    device_rows = program.upload(table.inputs, table.targets)
    total: Weights = {}
    with np.errstate(all="ignore"):
        for batch in batches_of(table.rows, _ROWS):
            share = len(batch) / table.rows
            for name, array in program.gradients(device_rows, batch).items():
                total[name] = total.get(name, 0) + share * array.astype(np.float64)
    return total


def gradient_stats(gradients: Weights) -> Iterator[GradientStats]:
    """What a gradient says of each weight."""
    for name, array in gradients.items():
        columns = array.reshape(-1, array.shape[-1])
        idle = int((columns == 0).all(axis=0).sum())
        yield GradientStats(name, _norm(array), columns.shape[1], idle)


def _norm(array: Array) -> float:
    return float(np.linalg.norm(array))
