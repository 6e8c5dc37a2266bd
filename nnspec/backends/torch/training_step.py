"""Training step of a network: loss with penalty, metrics, gradients and weight update.

Nothing here synchronizes with the device, unless a metric is computed on the host: sums stay there
until a chunk of batches is done.
"""

from __future__ import annotations

from functools import reduce
from operator import add

from torch import Tensor

from nnspec.backends.contract import HostMetrics, TrainingSetup, Weights
from nnspec.backends.fused_losses import FusedGraph
from nnspec.backends.torch.constraints import constrain
from nnspec.backends.torch.device_rows import Batch
from nnspec.backends.torch.execution import Execution, Tensors
from nnspec.backends.torch.module import GraphModule
from nnspec.backends.torch.objective import Sums, TrainingObjective
from nnspec.backends.torch.updater import Updater
from nnspec.backends.torch.weights import round_to_float32
from nnspec.compute import Precision


class TrainingStep:
    """Training, evaluation and gradients of a network, one batch at a time."""

    def __init__(
        self, network: GraphModule, fused: FusedGraph, setup: TrainingSetup, precision: Precision
    ) -> None:
        self.bound_weights = network.bound_weights
        self.rounds_weights = precision == "exact"
        modules = network.layer_modules
        self.execution = Execution(fused.graph, modules, mixed=network.mixed)
        bound = network.bound_weights.items()
        trained = {name: weight for name, weight in bound if weight.declaration.trainable}
        activations = {output: modules[node.name] for output, node in fused.activations.items()}
        self.constrained = [each for each in trained.values() if each.declaration.constraint]
        self.parts = setup.parts
        self.objective = TrainingObjective(setup, activations, trained)
        self.updater = Updater(setup.optimizer, trained)

    def train(self, batch: Batch, noise: Tensors, host: HostMetrics, rate: float | None) -> Sums:
        """Make one update; return the loss and metrics from before it."""
        sums = self._differentiate(batch, noise, host)
        self.updater.update(rate)
        constrain(self.constrained)
        if self.rounds_weights:
            round_to_float32(self.bound_weights.values())
        return sums

    def evaluate(self, batch: Batch, host: HostMetrics) -> Sums:
        """Compute the loss and metrics of a batch."""
        return self._measure(batch, {}, host)[1]

    def gradients(self, batch: Batch, noise: Tensors, host: HostMetrics) -> Weights:
        """Compute the gradient of a batch's loss for each trained weight."""
        self._differentiate(batch, noise, host)
        return self.updater.gradients()

    def _differentiate(self, batch: Batch, noise: Tensors, host: HostMetrics) -> Sums:
        """Compute the gradients of a batch, of which a part is computed at a time; its sums."""
        parts, sums = self.parts(batch.rows), list[Sums]()
        self.updater.clear_gradients()
        for part in parts:
            now = {name: values[part.rows] for name, values in noise.items()}
            loss, part_sums = self._measure(batch.part(part), now, host)
            self.updater.add_gradients(loss if part.is_whole else loss * part.share)
            sums.append(part_sums)
        self.updater.fill_gradients()
        if len(parts) > 1:
            host.merge_last(len(parts))
        return [reduce(add, values) for values in zip(*sums, strict=True)]

    def _measure(self, batch: Batch, noise: Tensors, host: HostMetrics) -> tuple[Tensor, Sums]:
        """Total loss of a batch, and the losses and metrics summed over its rows."""
        outputs = self.execution(batch.inputs, {**batch.columns, **noise})
        return self.objective.measure(outputs, batch.targets, batch.weights, host)
