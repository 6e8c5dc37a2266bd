"""A learning rate that is lowered where a metric no longer improves."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from nnspec.components.schedules.base import EpochMetrics, RateFunction, Schedule
from nnspec.errors import did_you_mean, quoted
from nnspec.options.messages import LocatedError
from nnspec.options.types import NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt


class _Progress(NamedTuple):
    """The rate after some epochs, and what the next epoch is compared with."""

    rate: float
    best: float
    wait: int = 0  # epochs without an improvement
    cooldown: int = 0  # epochs left in which none is counted


class ReduceOnPlateau(Schedule, kind="reduce_on_plateau"):
    """initial, times `factor` after each `patience` epochs in which `monitor` has not improved.

    `monitor` is a column of history.csv: a metric, or `val_` and a metric for the validation rows;
    where it is absent, the loss of the validation rows, or of the training rows if there are none.
    An improvement is a change by more than `min_delta`, downwards for mode `min` and upwards for
    `max`; `auto` takes the direction of the metric. After a reduction the first epochs are not
    counted: `cooldown` less one. The rate does not go below `min_lr`. All of it is as in Keras'
    `ReduceLROnPlateau`.
    """

    initial_learning_rate: PositiveFloat
    monitor: str | None = None
    factor: Annotated[float, Field(gt=0, lt=1)] = 0.1
    patience: PositiveInt = 10
    min_delta: NonNegativeFloat = 0.0001
    cooldown: NonNegativeInt = 0
    min_lr: NonNegativeFloat = 0.0
    mode: Literal["auto", "min", "max"] = "auto"

    example = "{reduce_on_plateau: {initial_learning_rate: 0.1, factor: 0.5, patience: 3}}"

    def rate(self, step: int) -> float:
        """The initial learning rate: nothing is measured yet."""
        return self.initial_learning_rate

    def rate_after(self, epochs: Sequence[EpochMetrics]) -> RateFunction:
        """The same rate at each step of the next epoch."""
        worst = -math.inf if self.mode == "max" else math.inf
        progress = _Progress(self.initial_learning_rate, worst)
        for epoch in epochs:
            progress = self._next(progress, self._monitored(epoch))
        return lambda _: progress.rate

    def bind(self, metrics: Mapping[str, bool]) -> ReduceOnPlateau:
        """The schedule with `monitor` and `mode` resolved."""
        monitor = self.monitor or ("val_loss" if "val_loss" in metrics else "loss")
        if monitor not in metrics:
            hint = did_you_mean(monitor, list(metrics))
            raise LocatedError(f"no epoch has the metric {quoted(monitor)}; {hint}", "monitor")
        direction = "min" if metrics[monitor] else "max"
        return self.replace(monitor=monitor, mode=direction if self.mode == "auto" else self.mode)

    def _monitored(self, epoch: EpochMetrics) -> float:
        return epoch[self.monitor or ("val_loss" if "val_loss" in epoch else "loss")]

    def _next(self, progress: _Progress, value: float) -> _Progress:
        """The progress after one more epoch with a value of the metric."""
        if progress.cooldown:
            progress = progress._replace(cooldown=progress.cooldown - 1, wait=0)
        if self._improves(value, progress.best):
            return progress._replace(best=value, wait=0)
        if progress.cooldown:
            return progress
        progress = progress._replace(wait=progress.wait + 1)
        if progress.wait < self.patience or progress.rate <= self.min_lr:
            return progress
        rate = max(progress.rate * self.factor, self.min_lr)
        return _Progress(rate, progress.best, 0, self.cooldown)

    def _improves(self, value: float, best: float) -> bool:
        """Whether a value is better than the best one by more than `min_delta`."""
        if self.mode == "max":
            return value > best + self.min_delta
        return value < best - self.min_delta
