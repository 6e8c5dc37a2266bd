"""Pruners: criteria for stopping a tuning trial before all folds are evaluated."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nnspec.options.component import Component
from nnspec.options.types import NonNegativeInt, PositiveInt


class Pruner(Component):
    """Base class of pruners: when to stop a trial early."""

    family = "pruner"


class Median(Pruner, kind="median", primary="startup_trials"):
    """Give up where the mean over the folds so far is worse than the median of finished settings.

    That median is over their means after as many folds. `startup_trials` settings are finished
    and `warmup_folds` of a setting are done before any is given up.
    """

    startup_trials: NonNegativeInt = 5
    warmup_folds: NonNegativeInt = 1


class Percentile(Pruner, kind="percentile", primary="percentile"):
    """Like `median`, for another share: give up what is not in the best `percentile` percent."""

    percentile: Annotated[float, Field(gt=0, lt=100)]
    startup_trials: NonNegativeInt = 5
    warmup_folds: NonNegativeInt = 1

    example = "{percentile: 25}"


class Hyperband(Pruner, kind="hyperband", primary="reduction_factor"):
    """Successive halving in brackets: 1 in `reduction_factor` is taken further (Li et al., 2018).

    The resource is the number of folds.
    """

    reduction_factor: Annotated[PositiveInt, Field(ge=2)] = 3
