"""Training step of a network: loss with penalty, metrics, gradients and weight update.

Nothing here synchronizes with the device, unless a metric is computed on the host: sums stay there
until a chunk of batches is done.
"""

from __future__ import annotations

from functools import reduce
from operator import add

import torch
from torch import Tensor, nn

from nnspec.backends.batch_parts import BatchPart
from nnspec.backends.contract import TrainingSetup, Weights
from nnspec.backends.fused_losses import FusedGraph
from nnspec.backends.host_metrics import HostMetrics
from nnspec.backends.torch.constraints import constrain
from nnspec.backends.torch.device_rows import Batch
from nnspec.backends.torch.execution import Execution, Tensors
from nnspec.backends.torch.module import GraphModule
from nnspec.backends.torch.objective import Sums, TrainingObjective
from nnspec.backends.torch.processes import SINGLE, Processes
from nnspec.backends.torch.updater import Updater
from nnspec.backends.torch.weights import round_to_float32
from nnspec.compute import Precision
from nnspec.graph.ir import Graph


class TrainingStep:
    """Training, evaluation and gradients of a network, one batch at a time."""

    def __init__(
        self,
        network: GraphModule,
        fused: FusedGraph,
        setup: TrainingSetup,
        precision: Precision,
        processes: Processes = SINGLE,
    ) -> None:
        self.bound_weights = network.bound_weights
        self.rounds_weights = precision == "exact"
        modules = network.layer_modules
        execution = Execution(fused.graph, modules, mixed=network.mixed)
        self.processes, self.forward = processes, ForwardPass(network, execution)
        self.replicated = self._replicated(fused.graph)
        bound = network.bound_weights.items()
        trained = {name: weight for name, weight in bound if weight.declaration.trainable}
        activations = {output: modules[node.name] for output, node in fused.activations.items()}
        self.constrained = [each for each in trained.values() if each.declaration.constraint]
        self.parts = setup.parts
        self.objective = TrainingObjective(setup, activations, trained)
        self.updater = Updater(setup.optimizer, trained)

    def _replicated(self, graph: Graph) -> nn.Module:
        """The function to what the losses take, whose gradients are means over all processes."""
        if self.processes.size == 1:
            return self.forward
        all_trained = _uses_all_weights(self.forward, graph)
        return self.processes.replicated(self.forward, all_trained=all_trained)

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
        return self._measure(self.forward, batch, {}, host)[1]

    def gradients(self, batch: Batch, noise: Tensors, host: HostMetrics) -> Weights:
        """Compute the gradient of a batch's loss for each trained weight."""
        self._differentiate(batch, noise, host)
        return self.updater.gradients()

    def _differentiate(self, batch: Batch, noise: Tensors, host: HostMetrics) -> Sums:
        """Compute the gradients of a batch, of which a part is computed at a time; its sums."""
        *first, last = self.parts(batch.rows, batch.batch_rows)
        self.updater.clear_gradients()
        with self.processes.unsynchronized(self.replicated):
            sums = [self._add_gradients(part, batch, noise, host) for part in first]
        sums.append(self._add_gradients(last, batch, noise, host))
        self.updater.fill_gradients()
        if first:
            host.merge_last(len(sums))
        return [reduce(add, values) for values in zip(*sums, strict=True)]

    def _add_gradients(
        self, part: BatchPart, batch: Batch, noise: Tensors, host: HostMetrics
    ) -> Sums:
        """Add the gradients of a part of a batch; its sums."""
        drawn = {name: values[part.rows] for name, values in noise.items()}
        loss, sums = self._measure(self.replicated, batch.part(part), drawn, host)
        # The mean over all processes is that of the sum of their parts.
        share = part.share * self.processes.size
        self.updater.add_gradients(loss if share == 1 else loss * share)
        return sums

    def _measure(
        self, forward: nn.Module, batch: Batch, noise: Tensors, host: HostMetrics
    ) -> tuple[Tensor, Sums]:
        """Total loss of a batch, and the losses and metrics summed over its rows."""
        outputs = forward(batch.inputs, {**batch.columns, **noise})
        loss, sums = self.objective.measure(outputs, batch.targets, batch.weights, host)
        return loss, sums if batch.rows else [torch.zeros_like(total) for total in sums]


def _uses_all_weights(forward: ForwardPass, graph: Graph) -> bool:
    """Whether what the losses take depends on all weights that are trained."""
    weights = [weight for weight in forward.parameters() if weight.requires_grad]
    some = weights[0] if weights else torch.empty(0)
    inputs = {
        name: torch.zeros((1, *spec.shape), dtype=some.dtype if spec.is_float else torch.int64)
        for name, spec in graph.inputs.items()
    }
    with torch.enable_grad():
        outputs = forward({name: x.to(some.device) for name, x in inputs.items()}, {}).values()
    sums = [output.sum() for output in outputs if output.requires_grad]
    if not sums or not weights:
        return False
    return all(g is not None for g in torch.autograd.grad(sums, weights, allow_unused=True))


class ForwardPass(nn.Module):
    """What the losses take, from inputs and further arguments of modules, by names."""

    def __init__(self, network: GraphModule, execution: Execution) -> None:
        super().__init__()
        self.network, self.execution = network, execution

    def forward(self, inputs: Tensors, layer_inputs: Tensors) -> dict[str, Tensor]:
        """The outputs of the graph whose activations are fused with the losses."""
        return self.execution(inputs, layer_inputs)
