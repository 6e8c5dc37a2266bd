"""What is made small and what is reported, of a batch."""

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


class Term(NamedTuple):
    """The penalty l1 sum |w| + l2 sum w^2 on the trained weight with this number."""

    number: int
    l1: float
    l2: float


class LossAndMetrics:
    """Loss, penalty and metrics, as functions of tensors."""

    def __init__(
        self, graph: Graph, setup: TrainingSetup, head: KerasLayer | None, arithmetic: Numerics
    ) -> None:
        rules = registry.LOSSES if head is None else registry.LOSSES_FROM_LOGITS
        self.head = head
        self.losses = per_row(rules[setup.loss](setup.loss, arithmetic))
        self.figures = [metric_formula(metric, arithmetic) for metric in setup.metrics]
        self.terms = list(_terms(graph, arithmetic))

    def measure(self, given: Tensor, y: Tensor, weights: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """The number to make small, and the sums over the rows: the loss, then the metrics.

        `given` is what the network gave, before the activation that the loss has absorbed.
        """
        losses, penalty = self.losses(given, y), self.penalty(weights)
        p = given if self.head is None else self.head(given)
        figures = [formula(p, y) for formula in self.figures]
        sums = [_sum(losses + penalty), *map(_sum, figures)]
        return ops.mean(losses) + penalty, ops.stop_gradient(ops.stack(sums))

    def penalty(self, weights: Sequence[Tensor]) -> Tensor:
        """The regularizers' share."""
        return sum(_penalty(term, weights[term.number]) for term in self.terms)


def _terms(graph: Graph, arithmetic: Numerics) -> list[Term]:
    trained = [weight for _, weight in graph.weights() if weight.trainable]
    return [
        Term(number, *map(arithmetic.number, weight.regularizer.strengths))
        for number, weight in enumerate(trained)
        if weight.regularizer
    ]


def _penalty(term: Term, w: Tensor) -> Tensor:
    """|w| is written as w sign w, for a derivative of 0 at 0 on JAX too."""
    size = w * ops.stop_gradient(ops.sign(w))
    return ops.sum(size) * term.l1 + ops.sum(ops.square(w)) * term.l2


def _sum(rows: Tensor) -> Tensor:
    """The sum in double precision, as the reference takes it."""
    return ops.sum(ops.cast(rows, "float64"))
