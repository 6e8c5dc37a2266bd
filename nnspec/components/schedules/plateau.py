"""A learning rate that is lowered where a metric no longer improves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, NamedTuple

from pydantic import Field

from nnspec.components.schedules.base import EpochMetrics, RateFunction, Schedule
from nnspec.components.schedules.monitor import Mode, Monitor
from nnspec.options.types import NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt


class _PlateauState(NamedTuple):
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
    counted: `cooldown` less one; nor are those that are not validated where `monitor` is a metric
    of the validation rows. The rate does not go below `min_lr`. All of it is as in Keras'
    `ReduceLROnPlateau`.
    """

    initial_learning_rate: PositiveFloat
    monitor: str | None = None
    factor: Annotated[float, Field(gt=0, lt=1)] = 0.1
    patience: PositiveInt = 10
    min_delta: NonNegativeFloat = 0.0001
    cooldown: NonNegativeInt = 0
    min_lr: NonNegativeFloat = 0.0
    mode: Mode = "auto"

    example = "{reduce_on_plateau: {initial_learning_rate: 0.1, factor: 0.5, patience: 3}}"

    def rate(self, step: int) -> float:
        """The initial learning rate: nothing is measured yet."""
        return self.initial_learning_rate

    def rate_after(self, epochs: Sequence[EpochMetrics]) -> RateFunction:
        """The same rate at each step of the next epoch."""
        state = _PlateauState(self.initial_learning_rate, self._monitor.worst)
        for epoch in epochs:
            value = self._monitor.value(epoch)
            state = state if value is None else self._next(state, value)
        return lambda _: state.rate

    def bind(self, metrics: Mapping[str, bool]) -> ReduceOnPlateau:
        """The schedule with `monitor` and `mode` resolved."""
        bound = self._monitor.bind(metrics)
        return self.replace(monitor=bound.name, mode=bound.mode)

    @property
    def _monitor(self) -> Monitor:
        return Monitor(self.monitor, self.mode, self.min_delta)

    def _next(self, state: _PlateauState, value: float) -> _PlateauState:
        """The state after one more epoch with a value of the metric."""
        if state.cooldown:
            state = state._replace(cooldown=state.cooldown - 1, wait=0)
        if self._monitor.improves(value, state.best):
            return state._replace(best=value, wait=0)
        if state.cooldown:
            return state
        state = state._replace(wait=state.wait + 1)
        if state.wait < self.patience or state.rate <= self.min_lr:
            return state
        rate = max(state.rate * self.factor, self.min_lr)
        return _PlateauState(rate, state.best, 0, self.cooldown)
