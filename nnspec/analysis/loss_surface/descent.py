"""Gradient descent on one or two weights at a fixed learning rate, and how it ends."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Literal, NamedTuple

import numpy as np

from nnspec.analysis.loss_surface.minimum import Minimum
from nnspec.analysis.loss_surface.objective import Objective
from nnspec.backends.arrays import Array
from nnspec.backends.contract import Indices
from nnspec.spec.train_options import TrainOptions
from nnspec.training.sampling import pass_batches

End = Literal["converges", "diverges", "oscillates", "stalls", "slow"]

# Converged: this share of the initial loss above the minimum is left, on a parabola 1% of the
# distance. Diverged: this many times the minimum's reach away from it. Stalled: an update moves by
# less than this share of the reach.
_CONVERGED, _DIVERGED, _STALLED = 1e-4, 1e3, 1e-7


class Descent(NamedTuple):
    """The points of a descent, the loss at each, and how it ends.

    `updates` is the number after which it stays converged, else the number made; `distance` is
    from the last point to the minimum.
    """

    rate: float
    points: Array  # (updates + 1, weights)
    losses: Array
    end: End
    updates: int
    distance: float


def descend(
    objective: Objective, minimum: Minimum, rate: float, updates: int, train: TrainOptions
) -> Descent:
    """Run w <- w - rate dL/dw for each batch of `train`, from the initial weights."""
    points, losses = [objective.start], [objective.loss(objective.start)]
    for _, batch in zip(range(updates), _batches(objective, train), strict=False):
        point = points[-1] - rate * objective.gradient(points[-1], batch)
        loss = objective.loss(point) if np.isfinite(point).all() else np.inf
        if not np.isfinite(loss):
            break
        points.append(point)
        losses.append(loss)
        if (np.abs(point - minimum.point) > _DIVERGED * minimum.reach).any():
            break
    return _result(rate, np.array(points), np.array(losses), minimum, updates)


def _batches(objective: Objective, train: TrainOptions) -> Iterator[Indices | None]:
    """Batches of successive epochs; None stands for all rows."""
    rows, classes = objective.rows, objective.classes
    whole = train.batch_size == "all" and classes is None
    for epoch in count(1):
        yield from [None] if whole else pass_batches(rows, train, epoch, classes)


def _result(rate: float, points: Array, losses: Array, minimum: Minimum, limit: int) -> Descent:
    above = losses - minimum.loss > _CONVERGED * (losses[0] - minimum.loss)
    converged_at = int(np.flatnonzero(above)[-1]) + 1 if above.any() else 0
    end = _end(points, losses, minimum, limit, converged_at)
    updates = converged_at if end == "converges" else len(points) - 1
    distance = float(np.linalg.norm(points[-1] - minimum.point))
    return Descent(rate, points, losses, end, updates, distance)


def _end(points: Array, losses: Array, minimum: Minimum, limit: int, converged_at: int) -> End:
    """How a descent ends; with fewer than `limit` updates it was stopped as divergent."""
    steps = np.diff(points, axis=0)
    if len(steps) < limit:
        return "diverges"
    if converged_at < len(points):
        return "converges"
    if losses[-1] > max(losses[0], losses[len(losses) // 2]):
        return "diverges"
    if (np.abs(steps[-1]) <= _STALLED * minimum.reach).all():
        return "stalls"
    return "oscillates" if len(steps) > 1 and steps[-1] @ steps[-2] < 0 else "slow"
