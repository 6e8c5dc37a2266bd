"""The learning rate of each epoch."""

from __future__ import annotations

from collections.abc import Mapping

from nnspec.components.callbacks.base import Callback


class LearningRateMonitor(Callback, kind="learning_rate_monitor"):
    """Adds the column `learning_rate` to history.csv: the rate of the last update of each epoch."""

    uses_learning_rate = True

    def columns(self) -> Mapping[str, bool]:
        """`learning_rate`."""
        return {"learning_rate": True}
