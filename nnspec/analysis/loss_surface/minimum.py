"""The local minimum of the loss near the initial weights, and its curvature."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nnspec.analysis.loss_surface.objective import Objective
from nnspec.backends.arrays import Array

_STEP = 1e-3  # of a finite difference, times max(1, |w|)
_MAX_STEPS = 50  # of Newton's method
_MIN_GAIN = 1e-4  # a step that gains less than this share of all gains so far ends the search
_RATES = 0.1, 1.0, 2.2  # times 1 / curvature: too small, right, too big (above 2 it diverges)
_MAX_REACH = 1.5  # times the largest coordinate distance from the start to the minimum
_FLAT_RATES = (0.01, 0.1, 1.0)  # where the curvature is 0


class Minimum(NamedTuple):
    """The lowest point that Newton's method finds from the start.

    `curvature` is the largest eigenvalue of the Hessian, there or at the start; `reach` is the
    distance along each axis at which the loss is about as high as at the start.
    """

    point: Array
    loss: float
    curvature: float
    reach: Array

    @property
    def rates(self) -> tuple[float, ...]:
        """Learning rates to compare, for the curvature c: 0.1 / c, 1 / c and 2.2 / c.

        On a parabola each update multiplies w - w* by 1 - rate c: the first rate is slow, the
        second reaches w* at once, the third diverges.
        """
        if not self.curvature > 0:
            return _FLAT_RATES
        return tuple(float(f"{factor / self.curvature:.3g}") for factor in _RATES)


def find_minimum(objective: Objective) -> Minimum:
    """Newton's method from the initial weights, each step halved until the loss falls."""
    point, first = objective.start, objective.loss(objective.start)
    loss, hessians = first, [hessian(objective, point)]
    for _ in range(_MAX_STEPS):
        found = _newton_step(objective, point, loss, hessians[-1])
        if found is None:
            break
        gain, (point, loss) = loss - found[1], found
        hessians.append(hessian(objective, point))
        if gain <= _MIN_GAIN * (first - loss):
            break
    curvature = max(float(np.linalg.eigvalsh(one)[-1]) for one in (hessians[0], hessians[-1]))
    reach = _reach(objective.start - point, first - loss, np.diag(hessians[-1]))
    return Minimum(point, loss, curvature, reach)


def hessian(objective: Objective, point: Array) -> Array:
    """Hessian by central differences of the gradient; all zeros if it is not finite."""
    steps = np.diag(_STEP * np.maximum(1, np.abs(point)))
    rows = [
        (objective.gradient(point + step) - objective.gradient(point - step)) / (2 * step.sum())
        for step in steps
    ]
    found = np.array(rows)
    return (found + found.T) / 2 if np.isfinite(found).all() else np.zeros_like(found)


def _newton_step(
    objective: Objective, point: Array, loss: float, second_derivatives: Array
) -> tuple[Array, float] | None:
    """A point with a lower loss in Newton's direction, and that loss; None if there is none."""
    direction = _newton_direction(objective.gradient(point), second_derivatives)
    for halvings in range(30):
        candidate = point + direction / 2**halvings
        found = objective.loss(candidate)
        if found < loss:
            return candidate, found
    return None


def _newton_direction(gradient: Array, second_derivatives: Array) -> Array:
    """-|H|^-1 g, |H| with absolute eigenvalues, so that it descends at a saddle point too."""
    values, vectors = np.linalg.eigh(second_derivatives)
    largest = np.abs(values).max()
    if not largest > 0:
        return -gradient
    eigenvalues: Array = np.maximum(np.abs(values), 1e-3 * largest)
    return -vectors @ ((vectors.T @ gradient) / eigenvalues)


def _reach(offset: Array, drop: float, curvatures: Array) -> Array:
    """Distance by axis to the start, or to where a parabola is as high; 1 if offset is 0.

    `offset` is start - minimum, `drop` the difference of their losses.
    """
    parabola = np.sqrt(2 * max(drop, 0.0) / np.where(curvatures > 0, curvatures, np.inf))
    limit = _MAX_REACH * np.abs(offset).max()  # bounds directions without curvature
    return (
        np.clip(parabola, np.maximum(np.abs(offset), limit / _MAX_REACH**2), limit)
        if limit
        else np.ones_like(offset)
    )
