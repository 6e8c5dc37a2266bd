"""The plug-in's rule for trainings on every backend."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnspec.training.callbacks.base import CallbackRule, EpochContext


class LargestWeightRule(CallbackRule):
    """Keeps the largest |w| so far."""

    def __init__(self, _: Any) -> None:
        self.largest = 0.0

    def on_epoch_end(self, epoch: EpochContext) -> dict[str, float]:
        """The largest |w| of this epoch and all before it."""
        found = (float(np.abs(weight).max()) for weight in epoch.trained_weights().values())
        self.largest = max(self.largest, *found)
        return {"largest_weight": self.largest}

    def state(self) -> dict[str, Any]:
        """The largest |w|."""
        return {"largest": np.array([self.largest])}

    def set_state(self, state: Any) -> None:
        """Take it."""
        self.largest = float(state["largest"][0])
