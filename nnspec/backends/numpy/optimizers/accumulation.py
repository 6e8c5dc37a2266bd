"""Accumulation of the gradients of several batches."""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.optimizers.base import ACCUMULATOR, Optimizer


class GradientAccumulator:
    """Sums gradients until there is one of each of `gradient_accumulation_steps` batches."""

    def __init__(self, optimizer: Optimizer, gradients: Array, slots: dict[str, Array]) -> None:
        self.optimizer, self.gradients, self.sums = optimizer, gradients, slots.get(ACCUMULATOR)

    def add(self, step: int) -> bool:
        """Add the gradients of the batch that follows `step` earlier ones.

        Returns whether an update is due; the gradients are then the mean over its batches.
        """
        if self.sums is None:
            return True
        if not self.optimizer.updates_after(step):
            np.add(self.sums, self.gradients, out=self.sums)
            return False
        np.add(self.gradients, self.sums, out=self.gradients)
        np.divide(self.gradients, self.optimizer.batches_per_update, out=self.gradients)
        self.sums.fill(0)
        return True
