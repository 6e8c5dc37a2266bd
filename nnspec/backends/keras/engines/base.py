"""Interface of an engine: training steps, evaluation and gradients of batches."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnspec.backends.contract import Array
from nnspec.backends.keras.models import GraphModels
from nnspec.backends.keras.objective import LossAndMetrics
from nnspec.backends.keras.rules import Tensor

Batches = NDArray[np.int32]  # row indices (steps, rows)
Sums = NDArray[np.float64]  # (steps, 1 + metrics)
MAX_STEPS_PER_CALL = 128
_MAX_NOISE_BYTES = 1 << 24  # of the noise for one call


class EngineSetup(NamedTuple):
    """Models, objective, optimizer and trained variables that an engine runs."""

    models: GraphModels
    objective: LossAndMetrics
    optimizer: Any  # a Keras optimizer
    trained: list[Any]  # Keras variables


class StepInputs(NamedTuple):
    """Row indices, learning rates and noise of consecutive steps on batches of one size."""

    batches: Batches
    rates: Array  # (steps)
    noise: list[Array]  # for each noise layer (steps, rows, *shape)

    def arrays(self) -> tuple[Array, ...]:
        """All arrays, with the steps as the first axis."""
        return (self.batches, self.rates, *self.noise)


def max_steps_per_call(noise_bytes: int) -> int:
    """Return how many steps one call may have, by the bytes of noise of each step."""
    return max(1, min(MAX_STEPS_PER_CALL, _MAX_NOISE_BYTES // max(noise_bytes, 1)))


class Engine(ABC):
    """Runner of training steps on one engine; tensors are on the device of the current scope."""

    def __init__(self, setup: EngineSetup) -> None:
        self.models, self.objective, self.optimizer, self.trained = setup

    @staticmethod
    @abstractmethod
    def devices() -> list[str]:
        """The available ones of `cpu` and `gpu`."""

    @staticmethod
    @abstractmethod
    def round_to_float32(value: Tensor) -> Tensor:
        """Round float64 values to float32; the dtype stays float64."""

    @abstractmethod
    def to_device(self, array: Array) -> Tensor:
        """Copy an array to a tensor on the device."""

    @abstractmethod
    def train(self, inputs: Tensor, targets: Tensor, steps: StepInputs) -> Sums:
        """Make one update per step; return the loss and metric sums from before each update."""

    @abstractmethod
    def evaluate(self, inputs: Tensor, targets: Tensor, batches: Batches) -> Sums:
        """Compute the loss and metric sums of each batch without training."""

    @abstractmethod
    def gradients(self, inputs: Tensor, targets: Tensor, steps: StepInputs) -> list[Array]:
        """Compute the gradients of one step for the trained variables.

        Running statistics may be updated.
        """
