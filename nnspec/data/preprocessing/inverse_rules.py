"""What undoes the steps of numbers: the x of which a step makes y, (rows, ...) in float64."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.preprocessing.scaling import DivideTransform, LogTransform, ScaleTransform
from nnspec.data.registry import FittedState


def unchanged(_: Any, __: FittedState, y: Array) -> Array:
    """Y itself, of steps that keep the numbers, or put others in the place of some."""
    return y


def divide(step: DivideTransform, _: FittedState, y: Array) -> Array:
    """Y times the divisor."""
    return y * step.divisor


def log(step: LogTransform, _: FittedState, y: Array) -> Array:
    """exp(y) - offset."""
    result: Array = np.expm1(y) if step.offset == 1 else np.exp(y) - step.offset
    return result


def scale(step: ScaleTransform, state: FittedState, y: Array) -> Array:
    """Min + (y - minimum) / (maximum - minimum) (max - min), by the training rows' extremes."""
    lowest, highest = np.asarray(state["lowest"]), np.asarray(state["highest"])
    share = (y - step.minimum) / (step.maximum - step.minimum)
    return lowest * (1 - share) + highest * share


def standardize(_: Any, state: FittedState, y: Array) -> Array:
    """Y std + mean, by the training rows."""
    rest = np.asarray(state.get("mean_rest", 0.0))
    return y * np.asarray(state["std"]) + rest + np.asarray(state["mean"])
