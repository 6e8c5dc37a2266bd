"""The rule of learning_rate_monitor."""

from __future__ import annotations

from collections.abc import Mapping

from nnspec.components.callbacks.learning_rate_monitor import LearningRateMonitor
from nnspec.training.callbacks.base import CallbackRule, EpochContext


class LearningRateMonitorRule(CallbackRule):
    """The learning rate of the last update of an epoch."""

    def __init__(self, options: LearningRateMonitor) -> None:
        self.options = options

    def on_epoch_end(self, epoch: EpochContext) -> Mapping[str, float]:
        """The learning rate."""
        return {"learning_rate": epoch.learning_rate}
