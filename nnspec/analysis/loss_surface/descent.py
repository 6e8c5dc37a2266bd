"""Gradient descent on one or two weights at a fixed learning rate, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Literal, NamedTuple

import numpy as np

from nnspec.analysis.loss_surface.minimum import Minimum
from nnspec.analysis.loss_surface.objective import Objective
from nnspec.backends.contract import Array, Indices
from nnspec.spec.document import TrainOptions
from nnspec.training.loop import epoch_batches

End = Literal["converges", "diverges", "swings", "rests", "slow"]

_ARRIVED = 1e-4  # of the way down is left: on a parabola 1% of the distance
_LOST = 1e3  # times the reach of the valley: nobody comes back from there
_STILL = 1e-7  # of the reach: an update that moves less does not move


class Descent(NamedTuple):
    """The points from the start on, the loss at each, and how it ended.

    `updates` are those after which it had arrived for good, else all that were made; `distance`
    is from the last point to the lowest one.
    """

    rate: float
    points: Array  # (updates + 1, weights)
    losses: Array
    end: End
    updates: int
    distance: float


def descend(
    ground: Objective, valley: Minimum, rate: float, updates: int, train: TrainOptions
) -> Descent:
    """w <- w - rate g for each batch of `train`, from the start."""
    points, losses = [ground.start], [ground.loss(ground.start)]
    for _, batch in zip(range(updates), _batches(ground.rows, train), strict=False):
        point = points[-1] - rate * ground.gradient(points[-1], batch)
        loss = ground.loss(point) if np.isfinite(point).all() else np.inf
        if not np.isfinite(loss):
            break
        points.append(point)
        losses.append(loss)
        if (np.abs(point - valley.point) > _LOST * valley.reach).any():
            break
    return _judged(rate, np.array(points), np.array(losses), valley, updates)


def _batches(rows: int, train: TrainOptions) -> Iterator[Indices | None]:
    """The batches of one epoch after another; None for all rows."""
    for epoch in count(1):
        yield from [None] if train.batch_size == "all" else epoch_batches(rows, train, epoch)


def _judged(rate: float, points: Array, losses: Array, valley: Minimum, wanted: int) -> Descent:
    left = losses - valley.loss > _ARRIVED * (losses[0] - valley.loss)
    arrived = int(np.flatnonzero(left)[-1]) + 1 if left.any() else 0
    end = _end(points, losses, valley, wanted, arrived)
    updates = arrived if end == "converges" else len(points) - 1
    distance = float(np.linalg.norm(points[-1] - valley.point))
    return Descent(rate, points, losses, end, updates, distance)


def _end(points: Array, losses: Array, valley: Minimum, wanted: int, arrived: int) -> End:
    steps = np.diff(points, axis=0)
    if len(steps) < wanted:
        return "diverges"
    if arrived < len(points):
        return "converges"
    if losses[-1] > max(losses[0], losses[len(losses) // 2]):
        return "diverges"
    if (np.abs(steps[-1]) <= _STILL * valley.reach).all():
        return "rests"
    return "swings" if len(steps) > 1 and steps[-1] @ steps[-2] < 0 else "slow"
