"""Training step of a network: loss with penalty, metrics, gradients and weight update.

Nothing here synchronizes with the device: metrics stay there until a chunk of batches is done.
"""

from __future__ import annotations

from torch import Tensor

from nnspec.backends.contract import TrainingSetup, Weights
from nnspec.backends.torch.losses import mean_loss, penalty
from nnspec.backends.torch.metrics import metric_sum
from nnspec.backends.torch.module import GraphModule, LayerInputs
from nnspec.backends.torch.updater import Updater
from nnspec.backends.torch.weights import round_to_float32
from nnspec.compute import Precision

Sums = list[Tensor]  # over a batch's rows: the loss, then the metrics


class TrainingStep:
    """Training, evaluation and gradients of a network, one batch at a time."""

    def __init__(self, network: GraphModule, setup: TrainingSetup, precision: Precision) -> None:
        self.network, self.names = network, setup.names
        self.rounds_weights = precision == "exact"
        fused = network.body_length < len(network.layer_modules)
        self.loss = mean_loss(setup.loss, fused=fused)
        self.metrics = [metric_sum(metric) for metric in setup.metrics]
        bound = network.bound_weights.items()
        self.trained = {name: weight for name, weight in bound if weight.declaration.trainable}
        self.updater = Updater(setup.optimizer, self.trained)

    def train(self, x: Tensor, y: Tensor, layer_inputs: LayerInputs) -> Sums:
        """Make one update; return the loss and metrics from before it."""
        loss, sums = self._measure(x, y, layer_inputs)
        self.updater.backward(loss)
        self.updater.update()
        if self.rounds_weights:
            round_to_float32(self.network.bound_weights.values())
        return sums

    def evaluate(self, x: Tensor, y: Tensor, layer_inputs: LayerInputs) -> Sums:
        """Compute the loss and metrics of a batch."""
        return self._measure(x, y, layer_inputs)[1]

    def gradients(self, x: Tensor, y: Tensor, layer_inputs: LayerInputs) -> Weights:
        """Compute the gradient of a batch's loss for each trained weight."""
        loss, _ = self._measure(x, y, layer_inputs)
        self.updater.backward(loss)
        return self.updater.gradients()

    def _measure(self, x: Tensor, y: Tensor, layer_inputs: LayerInputs) -> tuple[Tensor, Sums]:
        """Mean loss with penalty of a batch, and the loss and metrics summed over its rows."""
        outputs = self.network.body_outputs(x, layer_inputs)
        loss = self.loss(outputs, y)
        extra = penalty(self.trained.values())
        loss = loss if extra is None else loss + extra
        return loss, [loss.detach() * x.shape[0], *self._metric_sums(outputs.detach(), y)]

    def _metric_sums(self, outputs: Tensor, y: Tensor) -> Sums:
        if not self.metrics:
            return []
        predictions = self.network.predictions(outputs)
        return [metric(predictions, y) for metric in self.metrics]
