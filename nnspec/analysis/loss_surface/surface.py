"""Loss on a grid over one or two weights, with gradient descents at several learning rates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from nnspec.analysis.loss_surface.coordinates import Coordinate
from nnspec.analysis.loss_surface.descent import Descent, descend
from nnspec.analysis.loss_surface.minimum import Minimum, find_minimum
from nnspec.analysis.loss_surface.objective import Objective
from nnspec.backends.arrays import Array
from nnspec.errors import NnspecError, Problem
from nnspec.training.session import TrainingSession
from nnspec.training.step_callback import OnSteps

_DEEPER = 0.01  # share of the grid's loss range by which a point must lie lower
_MARGIN = 1.3  # half the width of the grid, in multiples of the minimum's reach


class SurfaceOptions(NamedTuple):
    """Options of a surface; without rates those of `Minimum.rates` are used."""

    rates: tuple[float, ...] = ()
    updates: int = 100
    points: int = 41  # along each axis
    batch_size: int | str = "all"


class Surface(NamedTuple):
    """A grid of losses, the initial weights, the minimum near them, and the descents."""

    weights: tuple[str, ...]
    start: Array
    minimum: Minimum
    axes: tuple[Array, ...]
    losses: Array  # one axis for each weight
    descents: tuple[Descent, ...]

    @property
    def deeper(self) -> tuple[float, ...] | None:
        """The lowest point of the grid if it is lower than the minimum found, else None."""
        losses = np.where(np.isnan(self.losses), np.inf, self.losses)
        lowest = np.unravel_index(losses.argmin(), losses.shape)
        rise = float(losses.min()) - self.minimum.loss
        is_lower = rise < -_DEEPER * (float(losses[np.isfinite(losses)].max()) - self.minimum.loss)
        if not is_lower:
            return None
        return tuple(float(axis[i]) for axis, i in zip(self.axes, lowest, strict=True))

    def plain(self) -> dict[str, Any]:
        """The keys of `loss-surface --json`."""
        point, loss, curvature, _ = self.minimum
        return {
            "weights": list(self.weights),
            "start": self.start.tolist(),
            "lowest": {"weights": point.tolist(), "loss": loss, "curvature": curvature},
            "descents": [_plain(descent) for descent in self.descents],
            "deeper": self.deeper,
            "axes": [axis.tolist() for axis in self.axes],
            "losses": self.losses.tolist(),
        }


def compute_surface(
    session: TrainingSession,
    coordinates: Sequence[Coordinate],
    options: SurfaceOptions,
    on_steps: OnSteps,
) -> Surface:
    """Compute the losses around the minimum near the start, and the descents from the start."""
    objective = Objective(session, coordinates)
    if not np.isfinite(objective.loss(objective.start)):
        message = "the loss is not finite where training starts"
        where = session.spec.locate_key("loss")
        raise NnspecError(Problem(message, where, "start nearer to 0"))
    minimum = find_minimum(objective)
    train = session.spec.train.replace(batch_size=options.batch_size)
    descents = tuple(
        descend(objective, minimum, rate, options.updates, train)
        for rate in options.rates or minimum.rates
    )
    axes = tuple(
        np.linspace(middle - _MARGIN * reach, middle + _MARGIN * reach, options.points)
        for middle, reach in zip(minimum.point, minimum.reach, strict=True)
    )
    losses = _grid(objective, axes, on_steps)
    return Surface(tuple(map(str, coordinates)), objective.start, minimum, axes, losses, descents)


def _grid(objective: Objective, axes: Sequence[Array], on_steps: OnSteps) -> Array:
    """The loss at each point of the grid, one axis for each weight."""
    points = np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=1)
    losses = np.empty(len(points))
    for number, point in enumerate(points):
        losses[number] = objective.loss(point)
        on_steps(number + 1, len(points))
    return losses.reshape([len(axis) for axis in axes])


def _plain(descent: Descent) -> dict[str, Any]:
    points, losses = descent.points.tolist(), descent.losses.tolist()
    return {**descent._asdict(), "points": points, "losses": losses}
