"""Where the loss is lowest near the start, and how curved it is there."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nnspec.analysis.loss_surface.objective import Objective
from nnspec.backends.contract import Array

_STEP = 1e-3  # of a finite difference, times |w| where that is above 1
_MOST = 50  # steps of Newton's method
_ENOUGH = 1e-4  # a gain below this share of all gains so far ends the search
_RATES = 0.1, 1.0, 2.2  # times 1 / curvature: too small, right, too big (above 2 it diverges)
_WIDEST = 1.5  # times the longest way from the start to the lowest point
_UNKNOWN = (0.01, 0.1, 1.0)  # where the loss is flat


class Minimum(NamedTuple):
    """The lowest point that a careful descent from the start finds.

    `curvature` is the largest one, there or at the start; `reach` how far from the point a
    picture must go along each axis to show where the loss is as high as at the start.
    """

    point: Array
    loss: float
    curvature: float
    reach: Array

    @property
    def rates(self) -> tuple[float, ...]:
        """Learning rates worth a look, by the curvature c: 0.1 / c, 1 / c and 2.2 / c.

        On a parabola, w - w* is multiplied by 1 - rate c at each update: the first is slow, the
        second jumps to the bottom, the third diverges.
        """
        if not self.curvature > 0:
            return _UNKNOWN
        return tuple(float(f"{factor / self.curvature:.3g}") for factor in _RATES)


def find_minimum(ground: Objective) -> Minimum:
    """Newton's method with steps halved until they descend, from where the training starts."""
    point, first = ground.start, ground.loss(ground.start)
    loss, curvatures = first, [hessian(ground, point)]
    for _ in range(_MOST):
        found = _descended(ground, point, loss, curvatures[-1])
        if found is None:
            break
        gain, (point, loss) = loss - found[1], found
        curvatures.append(hessian(ground, point))
        if gain <= _ENOUGH * (first - loss):
            break
    steepest = max(float(np.linalg.eigvalsh(one)[-1]) for one in (curvatures[0], curvatures[-1]))
    reach = _reach(ground.start - point, first - loss, np.diag(curvatures[-1]))
    return Minimum(point, loss, steepest, reach)


def hessian(ground: Objective, point: Array) -> Array:
    """Second derivatives by central differences of the gradient; zeros where it is not finite."""
    steps = np.diag(_STEP * np.maximum(1, np.abs(point)))
    rows = [
        (ground.gradient(point + step) - ground.gradient(point - step)) / (2 * step.sum())
        for step in steps
    ]
    found = np.array(rows)
    return (found + found.T) / 2 if np.isfinite(found).all() else np.zeros_like(found)


def _descended(
    ground: Objective, point: Array, loss: float, curvature: Array
) -> tuple[Array, float] | None:
    """A lower point in Newton's direction, or None."""
    direction = _direction(ground.gradient(point), curvature)
    for halvings in range(30):
        tried = point + direction / 2**halvings
        found = ground.loss(tried)
        if found < loss:
            return tried, found
    return None


def _direction(gradient: Array, curvature: Array) -> Array:
    """Newton's step with each curvature made positive, so that it leads down from a saddle too."""
    values, vectors = np.linalg.eigh(curvature)
    largest = np.abs(values).max()
    if not largest > 0:
        return -gradient
    steepness: Array = np.maximum(np.abs(values), 1e-3 * largest)
    return -vectors @ ((vectors.T @ gradient) / steepness)


def _reach(off: Array, fall: float, curvatures: Array) -> Array:
    """How far it is to the start, or to where a parabola is as high; 1 where it starts there."""
    parabola = np.sqrt(2 * max(fall, 0.0) / np.where(curvatures > 0, curvatures, np.inf))
    most = _WIDEST * np.abs(off).max()  # a flat valley goes on for ever
    return (
        np.clip(parabola, np.maximum(np.abs(off), most / _WIDEST**2), most)
        if most
        else np.ones_like(off)
    )
