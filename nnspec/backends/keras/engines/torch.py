"""PyTorch engine: eager steps."""

from __future__ import annotations

from typing import Any

import torch
from keras.src.backend.torch.core import get_device

from nnspec.backends.arrays import Array
from nnspec.backends.batch_parts import split_batch
from nnspec.backends.keras.engines.base import Batches, Engine, Results, StepInputs
from nnspec.backends.keras.engines.part_sums import PartSums
from nnspec.backends.keras.rows import Rows
from nnspec.backends.keras.rules import Tensor


class TorchEngine(Engine):
    """Eager steps one after the other; the results are copied to the host at the end."""

    @staticmethod
    def devices() -> list[str]:
        return ["cpu", *(["gpu"] if torch.cuda.is_available() else [])]

    @staticmethod
    def device_name(device: str) -> str:
        """Without a number for the CPU: PyTorch would copy each parameter from `cpu` to `cpu:0`.

        The copies are no parameters, and Keras' own `fit` could not train them.
        """
        return device if device == "cpu" else f"{device}:0"

    @staticmethod
    def round_to_float32(value: Tensor) -> Tensor:
        return value.detach().float().double()

    def to_device(self, array: Array) -> Tensor:
        return torch.tensor(array, device=get_device())

    def train(self, rows: Rows, steps: StepInputs) -> Results:
        batches = self.to_device(steps.batches)
        noise = [self.to_device(values) for values in steps.noise]
        results = []
        for i, rate in enumerate(steps.rates):
            now = [values[i] for values in noise]
            gradients, step_results = self._sum_over_parts(rows, batches[i], now)
            results.append(step_results)
            self.optimizer.learning_rate = rate
            with torch.no_grad():
                self.optimizer.apply(gradients)
                for variable in self.rounded:
                    variable.assign(self.round_to_float32(variable.value))
        return _stacked(results)

    def evaluate(self, rows: Rows, batches: Batches) -> Results:
        with torch.no_grad():
            weights = self._weights()
            taken = (_take(rows, batch) for batch in self.to_device(batches))
            return _stacked([self.measure_evaluation(batch, weights) for batch in taken])

    def gradients(self, rows: Rows, steps: StepInputs) -> list[Array]:
        noise = [self.to_device(values[0]) for values in steps.noise]
        gradients, _ = self._sum_over_parts(rows, self.to_device(steps.batches[0]), noise)
        return [_array(gradient) for gradient in gradients]

    def _sum_over_parts(
        self, rows: Rows, batch: Tensor, noise: list[Tensor]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Gradients and results of a batch, of which a part is computed at a time."""
        sums = PartSums()
        for part in split_batch(len(batch), self.micro_batch):
            now = [values[part.rows] for values in noise]
            sums.add(part, *self._differentiate(_take(rows, batch[part.rows]), now))
        return sums.totals()

    def _differentiate(self, batch: Rows, noise: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """Gradients and results of a batch."""
        weights = self._weights()
        objective, results = self.measure_training(batch, noise, weights)
        if not objective.requires_grad:  # no weights, or all of them before a step function
            return [torch.zeros_like(weight) for weight in weights], results
        return list(torch.autograd.grad(objective, weights, materialize_grads=True)), results

    def _weights(self) -> list[Any]:
        return [variable.value for variable in self.trained]


def _take(rows: Rows, batch: Tensor) -> Rows:
    return rows.map(lambda tensor: tensor[batch])


def _stacked(steps: list[list[Tensor]]) -> Results:
    """Arrays of the results of steps, with the steps as the first axis."""
    return [_array(torch.stack(values)) for values in zip(*steps, strict=True)]


def _array(tensor: Tensor) -> Array:
    array: Array = tensor.detach().cpu().numpy()
    return array


ENGINE = TorchEngine
