"""Training objective and metrics of a batch: the losses of all outputs, the penalty, row sums."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import add

from torch import Tensor, nn

from nnspec.backends.arrays import Array
from nnspec.backends.contract import TrainingSetup, device_metrics
from nnspec.backends.host_metrics import HostMetrics
from nnspec.backends.torch.execution import Tensors
from nnspec.backends.torch.losses.formula import mean_loss, weighted_mean_loss
from nnspec.backends.torch.losses.penalty import penalty
from nnspec.backends.torch.metrics import metric_sum
from nnspec.backends.torch.weights import BoundWeight
from nnspec.graph.objectives import Objective

Sums = list[Tensor]  # over a batch's rows, in the order of the setup's `sum_names`


class OutputObjective:
    """Loss and metrics of one output, given its predictions, or its logits.

    `activation` is the module that makes predictions of logits, where it is fused with the loss.
    """

    def __init__(self, objective: Objective, activation: nn.Module | None) -> None:
        self.output, self.weight = objective.output, objective.weight
        self.activation = activation
        self.mean_loss = mean_loss(objective.loss, fused=activation is not None)
        self.weighted_loss = weighted_mean_loss(objective.loss, fused=activation is not None)
        self.metrics = [metric_sum(each.metric) for each in device_metrics(objective)]

    def loss(self, outputs: Tensors, targets: Tensors, weights: Tensors) -> Tensor:
        """The mean loss of a batch, whose rows may have weights."""
        y, target = outputs[self.output], targets[self.output]
        if self.output in weights:
            return self.weighted_loss(y, target, weights[self.output])
        return self.mean_loss(y, target)

    def predictions(self, output: Tensor) -> Tensor:
        """The predictions, from what the loss takes."""
        if self.activation is None:
            return output
        predictions: Tensor = self.activation(output)
        return predictions

    def weighted(self, loss: Tensor) -> Tensor:
        """The loss times its weight in the total."""
        return loss if self.weight == 1 else self.weight * loss


class TrainingObjective:
    """Total loss with penalty of a batch, and its losses and metrics, summed over its rows."""

    def __init__(
        self,
        setup: TrainingSetup,
        activations: Mapping[str, nn.Module],
        weights: Mapping[str, BoundWeight],
    ) -> None:
        self.objectives = [
            OutputObjective(objective, activations.get(objective.output))
            for objective in setup.objectives
        ]
        self.weights = weights

    def measure(
        self, outputs: Tensors, targets: Tensors, weights: Tensors, host: HostMetrics
    ) -> tuple[Tensor, Sums]:
        """The total loss, and all sums; also adds the batch to the metrics of the host."""
        losses = [each.loss(outputs, targets, weights) for each in self.objectives]
        total = self._total(losses)
        reported = [total, *losses] if len(losses) > 1 else [total]
        rows = len(next(iter(targets.values())))
        sums = [loss.detach() * rows for loss in reported]
        predictions = self._predictions(outputs, host)
        for each in self.objectives:
            sums += [m(predictions[each.output], targets[each.output]) for m in each.metrics]
        if host.outputs:
            host.update(_arrays(predictions, host.outputs), _arrays(targets, host.outputs))
        return total, sums

    def _predictions(self, outputs: Tensors, host: HostMetrics) -> Tensors:
        """The predictions of the outputs that have metrics."""
        return {
            each.output: each.predictions(outputs[each.output].detach())
            for each in self.objectives
            if each.metrics or each.output in host.outputs
        }

    def _total(self, losses: list[Tensor]) -> Tensor:
        """The sum of the weighted losses, and the penalty on the weights."""
        pairs = zip(self.objectives, losses, strict=True)
        total = reduce(add, (each.weighted(loss) for each, loss in pairs))
        extra = penalty(self.weights.values())
        return total if extra is None else total + extra


def _arrays(tensors: Tensors, names: Iterable[str]) -> dict[str, Array]:
    """Tensors as NumPy arrays."""
    return {name: tensors[name].cpu().numpy() for name in names}
