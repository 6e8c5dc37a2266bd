"""Training objective and metrics of a batch: mean loss, regularization penalty, row sums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from keras import ops

from nnspec.backends.contract import TrainingSetup
from nnspec.backends.keras import registry
from nnspec.backends.keras.losses import per_row
from nnspec.backends.keras.metrics import metric_formula
from nnspec.backends.keras.rules import KerasLayer, Numerics, Tensor
from nnspec.graph.ir import Graph


class PenaltyTerm(NamedTuple):
    """Penalty l1 sum |w| + l2 sum w^2 on the trained weight at `weight_index`."""

    weight_index: int
    l1: float
    l2: float


class LossAndMetrics:
    """Loss, penalty and metrics as functions of tensors."""

    def __init__(
        self,
        graph: Graph,
        setup: TrainingSetup,
        fused_activation: KerasLayer | None,
        numerics: Numerics,
    ) -> None:
        rules = registry.LOSSES if fused_activation is None else registry.LOSSES_FROM_LOGITS
        self.fused_activation = fused_activation
        self.losses = per_row(rules[setup.loss](setup.loss, numerics))
        self.metrics = [metric_formula(metric, numerics) for metric in setup.metrics]
        self.penalty_terms = list(_penalty_terms(graph, numerics))

    def measure(
        self, outputs: Tensor, y: Tensor, weights: Sequence[Tensor]
    ) -> tuple[Tensor, Tensor]:
        """Mean loss with penalty, and the loss and metrics of the batch summed over its rows.

        `outputs` are the predictions, or the logits where an activation is fused with the loss.
        """
        losses, penalty = self.losses(outputs, y), self.penalty(weights)
        p = outputs if self.fused_activation is None else self.fused_activation(outputs)
        metrics = [formula(p, y) for formula in self.metrics]
        sums = [_sum(losses + penalty), *map(_sum, metrics)]
        return ops.mean(losses) + penalty, ops.stop_gradient(ops.stack(sums))

    def penalty(self, weights: Sequence[Tensor]) -> Tensor:
        """Sum of the penalties of all regularized weights."""
        return sum(_penalty(term, weights[term.weight_index]) for term in self.penalty_terms)


def _penalty_terms(graph: Graph, numerics: Numerics) -> list[PenaltyTerm]:
    trained = [weight for _, weight in graph.weights() if weight.trainable]
    return [
        PenaltyTerm(index, *map(numerics.constant, weight.regularizer.strengths))
        for index, weight in enumerate(trained)
        if weight.regularizer
    ]


def _penalty(term: PenaltyTerm, w: Tensor) -> Tensor:
    """l1 sum |w| + l2 sum w^2, with |w| = w sign w for a derivative of 0 at 0 on JAX too."""
    magnitude = w * ops.stop_gradient(ops.sign(w))
    return ops.sum(magnitude) * term.l1 + ops.sum(ops.square(w)) * term.l2


def _sum(rows: Tensor) -> Tensor:
    """Sum over the rows in float64, as the reference computes it."""
    return ops.sum(ops.cast(rows, "float64"))
