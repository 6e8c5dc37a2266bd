"""PyTorch: eager steps."""

from __future__ import annotations

from typing import Any

import torch
from keras.src.backend.torch.core import get_device

from nnspec.backends.contract import Array
from nnspec.backends.keras.engines.base import Batches, Engine, Steps, Sums
from nnspec.backends.keras.rules import Tensor


class TorchEngine(Engine):
    """Steps one after the other; the sums come back together."""

    @staticmethod
    def devices() -> list[str]:
        return ["cpu", *(["gpu"] if torch.cuda.is_available() else [])]

    @staticmethod
    def rounded(value: Tensor) -> Tensor:
        return value.detach().float().double()

    def put(self, array: Array) -> Tensor:
        return torch.tensor(array, device=get_device())

    def train(self, inputs: Tensor, targets: Tensor, steps: Steps) -> Sums:
        batches, drawn = self.put(steps.batches), [self.put(values) for values in steps.drawn]
        sums = []
        for i, rate in enumerate(steps.rates):
            noise = [values[i] for values in drawn]
            gradients, now = self._slopes(inputs[batches[i]], targets[batches[i]], noise)
            sums.append(now)
            self.optimizer.learning_rate = rate
            with torch.no_grad():
                self.optimizer.apply(gradients)
        return _array(torch.stack(sums))

    def evaluate(self, inputs: Tensor, targets: Tensor, batches: Batches) -> Sums:
        with torch.no_grad():
            return _array(
                torch.stack([self._sums(inputs[b], targets[b]) for b in self.put(batches)])
            )

    def gradients(self, inputs: Tensor, targets: Tensor, steps: Steps) -> list[Array]:
        batch = self.put(steps.batches[0])
        noise = [self.put(values[0]) for values in steps.drawn]
        gradients, _ = self._slopes(inputs[batch], targets[batch], noise)
        return [_array(gradient) for gradient in gradients]

    def _sums(self, x: Tensor, y: Tensor) -> Tensor:
        given = self.network.evaluator(x, training=False)
        return self.objective.measure(given, y, self._weights())[1]

    def _slopes(self, x: Tensor, y: Tensor, noise: list[Tensor]) -> tuple[list[Tensor], Tensor]:
        """The gradients of a batch, and its sums."""
        given = self.network.learner([x, *noise] if noise else x, training=True)
        weights = self._weights()
        objective, sums = self.objective.measure(given, y, weights)
        if not objective.requires_grad:  # nothing learns: no weights, or all before a step function
            return [torch.zeros_like(weight) for weight in weights], sums
        return list(torch.autograd.grad(objective, weights, materialize_grads=True)), sums

    def _weights(self) -> list[Any]:
        return [variable.value for variable in self.trained]


def _array(tensor: Tensor) -> Array:
    array: Array = tensor.detach().cpu().numpy()
    return array


ENGINE = TorchEngine
