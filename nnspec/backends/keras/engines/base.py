"""Interface of an engine: training steps, evaluation and gradients of batches."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnspec.backends.arrays import Array
from nnspec.backends.keras.models import GraphModels
from nnspec.backends.keras.objective import LossAndMetrics, Measurement
from nnspec.backends.keras.rows import Rows
from nnspec.backends.keras.rules import Tensor

Batches = NDArray[np.int32]  # row indices (steps, rows)
# The sums of losses and metrics (steps, values), then predictions (steps, rows, *shape) of each
# output with metrics on the host.
Results = list[NDArray[Any]]
MAX_STEPS_PER_CALL = 128
_MAX_BYTES = 1 << 24  # of noise and predictions of one call


class EngineSetup(NamedTuple):
    """Models, objective, optimizer and trained variables that an engine runs."""

    models: GraphModels
    objective: LossAndMetrics
    optimizer: Any  # a Keras optimizer
    trained: list[Any]  # Keras variables
    rounded: list[Any]  # other variables that are rounded to float32 after each update
    micro_batch: int | None  # rows whose gradients are computed at once; None: a batch


class StepInputs(NamedTuple):
    """Row indices, learning rates and noise of consecutive steps on batches of one size."""

    batches: Batches
    rates: Array  # (steps)
    noise: list[Array]  # for each node with noise (steps, rows, *shape)

    def arrays(self) -> tuple[Array, ...]:
        """All arrays, with the steps as the first axis."""
        return (self.batches, self.rates, *self.noise)


def max_steps_per_call(step_bytes: int) -> int:
    """Return how many steps one call may have, by the bytes of noise and predictions of each."""
    return max(1, min(MAX_STEPS_PER_CALL, _MAX_BYTES // max(step_bytes, 1)))


class Engine(ABC):
    """Runner of training steps on one engine; tensors are on the device of the current scope."""

    def __init__(self, setup: EngineSetup) -> None:
        self.models, self.objective, self.optimizer = setup.models, setup.objective, setup.optimizer
        self.trained, self.rounded = setup.trained, setup.rounded
        self.micro_batch = setup.micro_batch

    @staticmethod
    @abstractmethod
    def devices() -> list[str]:
        """The available ones of `cpu` and `gpu`."""

    @staticmethod
    def device_name(device: str) -> str:
        """Keras' name of a device."""
        return f"{device}:0"

    @staticmethod
    @abstractmethod
    def round_to_float32(value: Tensor) -> Tensor:
        """Round float64 values to float32; the dtype stays float64."""

    @abstractmethod
    def to_device(self, array: Array) -> Tensor:
        """Copy an array to a tensor on the device."""

    @abstractmethod
    def train(self, rows: Rows, steps: StepInputs) -> Results:
        """Make one update per step; return the results from before each update."""

    @abstractmethod
    def evaluate(self, rows: Rows, batches: Batches) -> Results:
        """Compute the results of each batch without training."""

    @abstractmethod
    def gradients(self, rows: Rows, steps: StepInputs) -> list[Array]:
        """Compute the gradients of one step for the trained variables.

        Running statistics may be updated.
        """

    def measure_training(
        self, batch: Rows, noise: Sequence[Tensor], weights: Sequence[Tensor]
    ) -> Measurement:
        """The objective and the results of a batch in training mode."""
        outputs = self.models.training_outputs(batch.inputs, noise)
        return self.objective.measure(outputs, batch, weights)

    def measure_evaluation(self, batch: Rows, weights: Sequence[Tensor]) -> list[Tensor]:
        """The results of a batch in inference mode."""
        outputs = self.models.evaluation_outputs(batch.inputs)
        return self.objective.measure(outputs, batch, weights).results
