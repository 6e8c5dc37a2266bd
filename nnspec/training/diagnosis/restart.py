"""Points of a training from which its last updates can be made again."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Arrays
from nnspec.backends.contract import Program, State, Weights
from nnspec.components.schedules.base import EpochMetrics
from nnspec.training.memory_check import machine_memory

INTERVAL_SECONDS = 10.0
_COST = 100  # times as long as copying takes, there is no other copy
_MEMORY_SHARE = 0.05  # of the machine's, that a copy may take


class RestartPoint(NamedTuple):
    """Weights and optimizer state before a batch, and what whole epochs had measured by then."""

    weights: Weights
    state: State
    measured: tuple[EpochMetrics, ...] = ()
    batches_done: int = 0  # of the epoch that follows those that are measured


class RestartPoints:
    """Keeps the newest restart point of a program, in memory and at little cost.

    A copy is made every INTERVAL_SECONDS at most, and less often where it takes long; of weights
    that fill much of the memory only the first one is kept.
    """

    def __init__(self, program: Program, measured: Sequence[EpochMetrics] = (), done: int = 0):
        self.program, self.interval = program, INTERVAL_SECONDS
        self.newest = self._copy(measured, done)
        self.is_small = _bytes(self.newest) < _MEMORY_SHARE * machine_memory()

    def update(self, measured: Sequence[EpochMetrics], batches_done: int) -> None:
        """Make a copy if one is due; the program has just made `batches_done` of an epoch."""
        if self.is_small and time.perf_counter() - self.copied > self.interval:
            point = self._copy(measured, batches_done)
            if are_finite(point.weights):  # a loss may be finite an update longer
                self.newest = point

    def _copy(self, measured: Sequence[EpochMetrics], batches_done: int) -> RestartPoint:
        started = time.perf_counter()
        weights, state = self.program.weights(), self.program.state()
        self.copied = time.perf_counter()
        self.interval = max(INTERVAL_SECONDS, _COST * (self.copied - started))
        return RestartPoint(weights, state, tuple(measured), batches_done)


def are_finite(arrays: Arrays) -> bool:
    """Whether all numbers of all arrays are finite."""
    return all(bool(np.isfinite(array).all()) for array in arrays.values())


def _bytes(point: RestartPoint) -> int:
    slots = [array for arrays in point.state.slots.values() for array in arrays.values()]
    return sum(array.nbytes for array in [*point.weights.values(), *slots])
