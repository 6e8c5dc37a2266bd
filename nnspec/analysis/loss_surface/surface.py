"""The loss over one or two weights, and the ways down for several learning rates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from nnspec.analysis.loss_surface.coordinates import Coordinate
from nnspec.analysis.loss_surface.descent import Descent, descend
from nnspec.analysis.loss_surface.minimum import Minimum, find_minimum
from nnspec.analysis.loss_surface.objective import Objective
from nnspec.backends.contract import Array
from nnspec.errors import NnspecError
from nnspec.training.session import TrainingSession

_DEEPER = 0.01  # of the grid's height is no rounding
_MARGIN = 1.3  # times the valley's reach, to both sides of the lowest point

ProgressCallback = Callable[[int, int], None]  # points computed, of how many


class SurfaceOptions(NamedTuple):
    """What to compute: no rates means those that fit the curvature."""

    rates: tuple[float, ...] = ()
    updates: int = 100
    points: int = 41  # of each axis
    batch_size: int | str = "all"


class Surface(NamedTuple):
    """A grid of losses, where training starts, the lowest point near it, and the descents."""

    weights: tuple[str, ...]
    start: Array
    valley: Minimum
    axes: tuple[Array, ...]
    losses: Array  # an axis a weight
    descents: tuple[Descent, ...]

    @property
    def deeper(self) -> tuple[float, ...] | None:
        """A point of the grid that is lower than the valley, where there is one."""
        losses = np.where(np.isnan(self.losses), np.inf, self.losses)
        at = np.unravel_index(losses.argmin(), losses.shape)
        rise = float(losses.min()) - self.valley.loss
        found = rise < -_DEEPER * (float(losses[np.isfinite(losses)].max()) - self.valley.loss)
        return (
            tuple(float(axis[i]) for axis, i in zip(self.axes, at, strict=True)) if found else None
        )

    def plain(self) -> dict[str, Any]:
        """The keys of `loss-surface --json`."""
        point, loss, curvature, _ = self.valley
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
    job: TrainingSession,
    coordinates: Sequence[Coordinate],
    plan: SurfaceOptions,
    told: ProgressCallback,
) -> Surface:
    """The loss around the lowest point near the start, and the descents from the start."""
    ground = Objective(job, coordinates)
    if not np.isfinite(ground.loss(ground.start)):
        raise NnspecError("the loss is not finite where training starts", "start nearer to 0")
    valley = find_minimum(ground)
    train = job.spec.train.replace(batch_size=plan.batch_size)
    descents = tuple(
        descend(ground, valley, rate, plan.updates, train) for rate in plan.rates or valley.rates
    )
    axes = tuple(
        np.linspace(middle - _MARGIN * reach, middle + _MARGIN * reach, plan.points)
        for middle, reach in zip(valley.point, valley.reach, strict=True)
    )
    losses = _grid(ground, axes, told)
    return Surface(tuple(map(str, coordinates)), ground.start, valley, axes, losses, descents)


def _grid(ground: Objective, axes: Sequence[Array], told: ProgressCallback) -> Array:
    points = np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=1)
    losses = np.empty(len(points))
    for number, point in enumerate(points):
        losses[number] = ground.loss(point)
        told(number + 1, len(points))
    return losses.reshape([len(axis) for axis in axes])


def _plain(descent: Descent) -> dict[str, Any]:
    points, losses = descent.points.tolist(), descent.losses.tolist()
    return {**descent._asdict(), "points": points, "losses": losses}
