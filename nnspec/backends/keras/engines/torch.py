"""PyTorch engine: eager steps."""

from __future__ import annotations

from typing import Any

import torch
from keras.src.backend.torch.core import get_device

from nnspec.backends.contract import Array
from nnspec.backends.keras.engines.base import Batches, Engine, StepInputs, Sums
from nnspec.backends.keras.rules import Tensor


class TorchEngine(Engine):
    """Eager steps one after the other; the sums are copied to the host at the end."""

    @staticmethod
    def devices() -> list[str]:
        return ["cpu", *(["gpu"] if torch.cuda.is_available() else [])]

    @staticmethod
    def round_to_float32(value: Tensor) -> Tensor:
        return value.detach().float().double()

    def to_device(self, array: Array) -> Tensor:
        return torch.tensor(array, device=get_device())

    def train(self, inputs: Tensor, targets: Tensor, steps: StepInputs) -> Sums:
        batches = self.to_device(steps.batches)
        noise = [self.to_device(values) for values in steps.noise]
        sums = []
        for i, rate in enumerate(steps.rates):
            now = [values[i] for values in noise]
            gradients, step_sums = self._differentiate(inputs[batches[i]], targets[batches[i]], now)
            sums.append(step_sums)
            self.optimizer.learning_rate = rate
            with torch.no_grad():
                self.optimizer.apply(gradients)
        return _array(torch.stack(sums))

    def evaluate(self, inputs: Tensor, targets: Tensor, batches: Batches) -> Sums:
        with torch.no_grad():
            return _array(
                torch.stack([self._sums(inputs[b], targets[b]) for b in self.to_device(batches)])
            )

    def gradients(self, inputs: Tensor, targets: Tensor, steps: StepInputs) -> list[Array]:
        batch = self.to_device(steps.batches[0])
        noise = [self.to_device(values[0]) for values in steps.noise]
        gradients, _ = self._differentiate(inputs[batch], targets[batch], noise)
        return [_array(gradient) for gradient in gradients]

    def _sums(self, x: Tensor, y: Tensor) -> Tensor:
        outputs = self.models.evaluation_model(x, training=False)
        return self.objective.measure(outputs, y, self._weights())[1]

    def _differentiate(
        self, x: Tensor, y: Tensor, noise: list[Tensor]
    ) -> tuple[list[Tensor], Tensor]:
        """Gradients and sums of a batch."""
        outputs = self.models.training_model([x, *noise] if noise else x, training=True)
        weights = self._weights()
        objective, sums = self.objective.measure(outputs, y, weights)
        if not objective.requires_grad:  # no weights, or all of them before a step function
            return [torch.zeros_like(weight) for weight in weights], sums
        return list(torch.autograd.grad(objective, weights, materialize_grads=True)), sums

    def _weights(self) -> list[Any]:
        return [variable.value for variable in self.trained]


def _array(tensor: Tensor) -> Array:
    array: Array = tensor.detach().cpu().numpy()
    return array


ENGINE = TorchEngine
