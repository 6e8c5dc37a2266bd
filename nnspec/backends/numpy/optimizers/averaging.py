"""The exponential moving average of the weights."""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.optimizers.base import AVERAGE, Optimizer


class WeightAverage:
    """a <- momentum a + (1 - momentum) w of all weights w, where the optimizer keeps averages.

    The first update makes a equal to w. Every `ema_overwrite_frequency` updates w <- a.
    """

    def __init__(self, optimizer: Optimizer, weights: Array, slots: dict[str, Array]) -> None:
        self.optimizer, self.weights, self.averages = optimizer, weights, slots.get(AVERAGE)
        self.scratch = np.empty_like(weights if optimizer.use_ema else weights[:0])

    @property
    def changes_weights(self) -> bool:
        """Whether weights are ever overwritten."""
        return self.optimizer.ema_overwrite_frequency is not None

    def update(self, step: int) -> None:
        """Add the weights after a batch, or its update, that followed `step` earlier updates."""
        if self.averages is None:
            return
        momentum = self.optimizer.ema_momentum if step else 0.0
        np.multiply(self.averages, momentum, out=self.averages)
        np.multiply(self.weights, 1 - momentum, out=self.scratch)
        np.add(self.averages, self.scratch, out=self.averages)
        if self.optimizer.overwrites_weights(step):
            np.copyto(self.weights, self.averages)
