"""The option `train.checkpoint`: how often a run writes a checkpoint, and which it keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Self

from pydantic import Field, model_validator

from nnspec.components.schedules.base import EpochMetrics
from nnspec.components.schedules.monitor import Mode, Monitor
from nnspec.options.messages import LocatedError
from nnspec.options.model import Model
from nnspec.options.types import PositiveFloat, PositiveInt


class CheckpointOptions(Model):
    """How often a run writes a checkpoint, and which ones it keeps. It changes no result.

    It is written after so many steps (batches), or so many minutes; without either so seldom that
    it takes less than a hundredth of the time. At the end and where it is interrupted a run writes
    one in any case.

    With `keep` the last so many of them stay, as `checkpoint/step-<n>.safetensors`. With `monitor`,
    a column of history.csv, the weights of the epoch that is best so far are in `best.safetensors`;
    `mode` is the direction, as that of `early_stopping`.
    """

    every_steps: PositiveInt | None = None
    every_minutes: PositiveFloat | None = None
    keep: PositiveInt | None = None
    monitor: Annotated[str, Field(min_length=1)] | None = None
    mode: Mode = "auto"

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.every_steps is not None and self.every_minutes is not None:
            raise ValueError("write one of every_steps and every_minutes")
        if not any((self.every_steps, self.every_minutes, self.keep, self.monitor)):
            raise ValueError("write every_steps or every_minutes, keep, or monitor")
        if self.mode != "auto" and self.monitor is None:
            raise LocatedError("a mode needs a monitor", "mode")
        return self

    def bind(self, metrics: Mapping[str, bool]) -> CheckpointOptions:
        """These options with `mode` resolved for the metrics of each epoch."""
        if self.monitor is None:
            return self
        return self.replace(mode=self._monitor.bind(metrics).mode)

    def best_epoch(self, epochs: Sequence[EpochMetrics]) -> int | None:
        """The number of the best of all epochs so far, from 1; of options that are bound."""
        return None if self.monitor is None else self._monitor.best_epoch(epochs)

    def kept_after(self, step: int, *, ended: bool) -> int | None:
        """How many checkpoints are kept with that after `step` batches; None where it is not kept.

        One in between `every_steps` is not, such as that of an interruption, unless the training
        has ended: a run that goes on keeps what a whole one keeps.
        """
        is_between = self.every_steps is not None and step % self.every_steps > 0
        return self.keep if ended or not is_between else None

    @property
    def _monitor(self) -> Monitor:
        return Monitor(self.monitor, self.mode, 0.0)
