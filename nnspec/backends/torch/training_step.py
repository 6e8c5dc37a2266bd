"""What training adds to a network: the loss with its penalty, metrics, gradients and updates.

Nothing here waits for the device: figures stay there until a chunk of batches is done.
"""

from __future__ import annotations

from torch import Tensor

from nnspec.backends.contract import TrainingSetup, Weights
from nnspec.backends.torch.losses import mean_of, penalty
from nnspec.backends.torch.metrics import row_sum
from nnspec.backends.torch.module import GraphModule, LayerNoise
from nnspec.backends.torch.updater import Updater
from nnspec.backends.torch.weights import round_to_float32
from nnspec.compute import Precision

Sums = list[Tensor]  # over a batch's rows: the loss, then the metrics


class TrainingStep:
    """Trains a network by a recipe, batch by batch."""

    def __init__(self, network: GraphModule, setup: TrainingSetup, precision: Precision) -> None:
        self.network, self.names = network, setup.names
        self.rounds = precision == "exact"
        self.loss = mean_of(setup.loss, absorbed=network.body < len(network.steps))
        self.metrics = [row_sum(metric) for metric in setup.metrics]
        held = network.held.items()
        self.trained = {name: weight for name, weight in held if weight.weight.trainable}
        self.updater = Updater(setup.optimizer, self.trained)

    def train(self, x: Tensor, y: Tensor, drawn: LayerNoise) -> Sums:
        """One update; the figures as they were before it."""
        loss, sums = self._measured(x, y, drawn)
        self.updater.derive(loss)
        self.updater.update()
        if self.rounds:
            round_to_float32(self.network.held.values())
        return sums

    def evaluate(self, x: Tensor, y: Tensor, drawn: LayerNoise) -> Sums:
        """The figures of a batch."""
        return self._measured(x, y, drawn)[1]

    def gradients(self, x: Tensor, y: Tensor, drawn: LayerNoise) -> Weights:
        """The gradient of a batch's loss for each trained weight."""
        loss, _ = self._measured(x, y, drawn)
        self.updater.derive(loss)
        return self.updater.gradients()

    def _measured(self, x: Tensor, y: Tensor, drawn: LayerNoise) -> tuple[Tensor, Sums]:
        """The mean loss of a batch with the penalty, and all figures summed over its rows."""
        given = self.network.given(x, drawn)
        loss = self.loss(given, y)
        extra = penalty(self.trained.values())
        loss = loss if extra is None else loss + extra
        return loss, [loss.detach() * x.shape[0], *self._metric_sums(given.detach(), y)]

    def _metric_sums(self, given: Tensor, y: Tensor) -> Sums:
        if not self.metrics:
            return []
        predictions = self.network.predictions(given)
        return [metric(predictions, y) for metric in self.metrics]
