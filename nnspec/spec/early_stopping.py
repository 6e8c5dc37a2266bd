"""The option `train.early_stopping`: end a training that no longer improves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Self

from pydantic import model_validator

from nnspec.components.schedules.base import EpochMetrics
from nnspec.components.schedules.monitor import Mode, Monitor
from nnspec.options.messages import LocatedError
from nnspec.options.model import Model
from nnspec.options.types import NonNegativeFloat, NonNegativeInt


class StoppingState(NamedTuple):
    """The best of some epochs, from 1, and whether no more are to follow."""

    best_epoch: int | None  # None before there is one that counts
    best: float
    stops: bool = False


class EarlyStopping(Model):
    """Ends a training after `patience` epochs in which `monitor` has not improved.

    `monitor` is a column of history.csv: a metric, or `val_` and a metric for the validation rows;
    where it is absent, the loss of the validation rows, or of the training rows if there are none.
    An improvement is a change by more than `min_delta`, downwards for mode `min` and upwards for
    `max`; `auto` takes the direction of the metric. The first `start_from_epoch` epochs do not
    count, nor do those that are not validated where `monitor` is a metric of the validation rows.
    With `restore_best` the weights at the end are those of the best epoch, also where all epochs
    are done. All of this is as in Keras' `EarlyStopping`.

    With a `stopping_threshold`, a name of Lightning's, training also ends after the first epoch
    that counts in which `monitor` is that number or better; `patience: null` leaves it at that.
    """

    monitor: str | None = None
    patience: NonNegativeInt | None = 0
    min_delta: NonNegativeFloat = 0.0
    mode: Mode = "auto"
    start_from_epoch: NonNegativeInt = 0
    restore_best: bool = False
    stopping_threshold: float | None = None

    @model_validator(mode="after")
    def _check_end(self) -> Self:
        if self.patience is None and self.stopping_threshold is None:
            raise LocatedError("patience: null needs a stopping_threshold", "patience")
        return self

    def bind(self, metrics: Mapping[str, bool]) -> EarlyStopping:
        """These options with `monitor` and `mode` resolved for the metrics of each epoch."""
        bound = self._monitor.bind(metrics)
        return self.replace(monitor=bound.name, mode=bound.mode)

    def after(self, epochs: Sequence[EpochMetrics]) -> StoppingState:
        """What the metrics of all epochs so far say; of options that are bound.

        It depends on nothing else, so a training that goes on decides as if it had not stopped.
        """
        monitor, state, wait = self._monitor, StoppingState(None, self._monitor.worst), 0
        for number, epoch in enumerate(epochs, start=1):
            value = monitor.value(epoch)
            if value is None or number <= self.start_from_epoch:
                continue
            wait += 1
            if monitor.improves(value, state.best):
                state, wait = StoppingState(number, value), 0
            elif self.patience is not None and wait >= self.patience and number > 1:
                return state._replace(stops=True)
            if self.stopping_threshold is not None and monitor.reaches(
                value, self.stopping_threshold
            ):
                return state._replace(stops=True)
        return state

    @property
    def _monitor(self) -> Monitor:
        return Monitor(self.monitor, self.mode, self.min_delta)
