"""A metric of each epoch that a training follows: its name, its direction, its improvements."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from nnspec.components.schedules.base import EpochMetrics
from nnspec.errors import did_you_mean, quoted
from nnspec.options.messages import LocatedError

Mode = Literal["auto", "min", "max"]


class Monitor(NamedTuple):
    """A metric by its column in history.csv, and which change of it is an improvement."""

    name: str | None  # None: the loss of the validation rows, or else of the training rows
    mode: Mode
    min_delta: float

    def bind(self, metrics: Mapping[str, bool]) -> Monitor:
        """The monitor with name and mode resolved for metrics, each with whether lower is better.

        Raises LocatedError, at the option `monitor`, where no epoch has the metric.
        """
        name = self.name or ("val_loss" if "val_loss" in metrics else "loss")
        if name not in metrics:
            hint = did_you_mean(name, list(metrics))
            raise LocatedError(f"no epoch has the metric {quoted(name)}; {hint}", "monitor")
        direction: Mode = "min" if metrics[name] else "max"
        return Monitor(name, direction if self.mode == "auto" else self.mode, self.min_delta)

    def value(self, epoch: EpochMetrics) -> float | None:
        """The metric of an epoch; None where the epoch has it not, as without its validation."""
        return epoch.get(self.name or ("val_loss" if "val_loss" in epoch else "loss"))

    def best_epoch(self, epochs: Sequence[EpochMetrics]) -> int | None:
        """The number, from 1, of the first epoch with the best value; None where none has one."""
        best, found = self.worst, None
        for number, epoch in enumerate(epochs, start=1):
            value = self.value(epoch)
            if value is not None and self.improves(value, best):
                best, found = value, number
        return found

    @property
    def worst(self) -> float:
        """A value that any other one improves."""
        return -math.inf if self.mode == "max" else math.inf

    def reaches(self, value: float, threshold: float) -> bool:
        """Whether a value is the threshold or better."""
        return value >= threshold if self.mode == "max" else value <= threshold

    def improves(self, value: float, best: float) -> bool:
        """Whether a value is better than the best one by more than `min_delta`."""
        if self.mode == "max":
            return value > best + self.min_delta
        return value < best - self.min_delta
