"""What an engine does for a program."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnspec.backends.contract import Array
from nnspec.backends.keras.models import GraphModels
from nnspec.backends.keras.objective import LossAndMetrics
from nnspec.backends.keras.rules import Tensor

Batches = NDArray[np.int32]  # (steps, rows) of row numbers
Sums = NDArray[np.float64]  # (steps, figures)
MOST_STEPS = 128  # in one call
_MOST_BYTES = 1 << 24  # of what was drawn, in one call


class CompiledTraining(NamedTuple):
    """What a program trains and how."""

    network: GraphModels
    objective: LossAndMetrics
    optimizer: Any  # of Keras
    trained: list[Any]  # variables


class Steps(NamedTuple):
    """Some steps on batches of one size."""

    batches: Batches
    rates: Array  # (steps)
    drawn: list[Array]  # for each drawing node (steps, rows, *shape)

    def arrays(self) -> tuple[Array, ...]:
        """All that a step has a share of."""
        return (self.batches, self.rates, *self.drawn)


def most_steps(drawn_bytes: int) -> int:
    """How many steps one call may have, by what is drawn for each."""
    return max(1, min(MOST_STEPS, _MOST_BYTES // max(drawn_bytes, 1)))


class Engine(ABC):
    """Runs a study's steps. All tensors are on the device of the scope that it is used in."""

    def __init__(self, study: CompiledTraining) -> None:
        self.network, self.objective, self.optimizer, self.trained = study

    @staticmethod
    @abstractmethod
    def devices() -> list[str]:
        """Those of `cpu` and `gpu` that there are."""

    @staticmethod
    @abstractmethod
    def rounded(value: Tensor) -> Tensor:
        """Float64 numbers on the float32 grid."""

    @abstractmethod
    def put(self, array: Array) -> Tensor:
        """The array as a tensor on the device."""

    @abstractmethod
    def train(self, inputs: Tensor, targets: Tensor, steps: Steps) -> Sums:
        """Make an update for each step; the sums as they were before it."""

    @abstractmethod
    def evaluate(self, inputs: Tensor, targets: Tensor, batches: Batches) -> Sums:
        """The sums without training."""

    @abstractmethod
    def gradients(self, inputs: Tensor, targets: Tensor, steps: Steps) -> list[Array]:
        """The gradients of one step for the trained variables; running statistics may move."""
