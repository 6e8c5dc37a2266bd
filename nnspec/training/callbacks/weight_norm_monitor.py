"""The rule of weight_norm_monitor."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np

from nnspec.backends.arrays import Array, Arrays
from nnspec.backends.contract import Program, Weights
from nnspec.components.callbacks.weight_norm_monitor import WeightNormMonitor
from nnspec.training.callbacks.base import CallbackRule, EpochContext, trained_weights


class WeightNormMonitorRule(CallbackRule):
    """The L2 norms of the trained weights, and of their change since the epoch before."""

    def __init__(self, options: WeightNormMonitor) -> None:
        self.options = options
        self.before: Weights = {}  # at the start of the epoch

    def on_train_begin(self, program: Program) -> None:
        """Keep the weights from which the first epoch starts."""
        self.before = self.before or trained_weights(program)

    def on_epoch_end(self, epoch: EpochContext) -> Mapping[str, float]:
        """The norms, and the weights from which the next epoch starts."""
        before, self.before = self.before, epoch.trained_weights()
        changes = (_float64(w) - _float64(before[name]) for name, w in self.before.items())
        return {"weight_norm": _norm(self.before.values()), "weight_change": _norm(changes)}

    def state(self) -> Arrays:
        """The weights at the start of the epoch."""
        return self.before

    def set_state(self, state: Arrays) -> None:
        """Take the weights at the start of the epoch."""
        self.before = dict(state)


def _norm(arrays: Iterable[Array]) -> float:
    """sqrt(sum_i x_i^2) over all numbers of arrays, summed in float64."""
    return math.sqrt(math.fsum(float(np.square(_float64(x)).sum()) for x in arrays))


def _float64(array: Array) -> Array:
    return np.asarray(array, np.float64)
