"""Training objective and metrics of a batch: mean losses, regularization penalty, row sums."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from operator import add
from typing import Any, NamedTuple

import numpy as np
from keras import ops

from nnspec.backends.contract import TrainingSetup, device_metrics, host_metrics
from nnspec.backends.keras.losses.formula import Formula, row_loss
from nnspec.backends.keras.metrics import metric_formula
from nnspec.backends.keras.rows import Rows
from nnspec.backends.keras.rules import KerasLayer, Numerics, Tensor
from nnspec.components.regularizers.base import SHORTEST, Orthogonality
from nnspec.graph.ir import Graph
from nnspec.graph.objectives import Objective
from nnspec.options.types import Shape


class PenaltyTerm(NamedTuple):
    """Penalty on the trained weight at `weight_index`: of its numbers, and of its vectors."""

    weight_index: int
    l1: float
    l2: float
    orthogonality: Orthogonality | None


class OutputFormulas(NamedTuple):
    """Loss and metrics of one output as functions of (outputs, targets), a value for each row.

    The loss takes logits where its activation is fused with it; metrics take predictions.
    """

    losses: Formula
    weighted: Callable[[Tensor], Tensor]  # a loss times its weight in the total
    predictions: Callable[[Tensor], Tensor]  # the activation that is fused with the loss
    metrics: list[Formula]
    has_host_metrics: bool


class Measurement(NamedTuple):
    """What is minimized of a batch, and what is reported of it.

    `results` are the sums of losses and metrics over its rows, then the predictions of each output
    that has metrics on the host.
    """

    objective: Tensor
    results: list[Tensor]


class ResultSpec(NamedTuple):
    """Dtype and shape of a result of a batch; the number of its rows is None."""

    dtype: str
    shape: tuple[int | None, ...]


class LossAndMetrics:
    """Losses, penalty and metrics as functions of tensors."""

    def __init__(
        self,
        graph: Graph,
        setup: TrainingSetup,
        fused_activations: Mapping[str, KerasLayer],
        numerics: Numerics,
    ) -> None:
        self.outputs = [
            _output_formulas(objective, fused_activations.get(objective.output), numerics)
            for objective in setup.objectives
        ]
        self.result_specs = list(_result_specs(graph, setup, numerics))
        self.penalty_terms = list(_penalty_terms(graph, numerics))

    def measure(
        self, outputs: Sequence[Tensor], batch: Rows, weights: Sequence[Tensor]
    ) -> Measurement:
        """The objective and the results of a batch, from what the losses take.

        `weights` are the trained variables; those of the rows belong to the batch.
        """
        triples = list(zip(self.outputs, outputs, batch.targets, strict=True))
        losses = [formulas.losses(x, y) for formulas, x, y in triples]
        if batch.weights:
            losses = [e * w for e, w in zip(losses, batch.weights, strict=True)]
        penalty = self.penalty(weights)
        predictions = [formulas.predictions(x) for formulas, x, _ in triples]
        sums = [
            _sum(self._total(losses) + penalty),
            *(map(_sum, losses) if len(losses) > 1 else ()),
            *(
                _sum(metric(p, y))
                for (formulas, _, y), p in zip(triples, predictions, strict=True)
                for metric in formulas.metrics
            ),
        ]
        results = [ops.stack(sums), *self._reported(predictions)]
        objective = self._total(list(map(ops.mean, losses))) + penalty
        return Measurement(objective, list(map(ops.stop_gradient, results)))

    def _total(self, losses: Sequence[Tensor]) -> Tensor:
        """Sum of the outputs' losses times their weights."""
        pairs = zip(self.outputs, losses, strict=True)
        return reduce(add, [formulas.weighted(loss) for formulas, loss in pairs])

    def _reported(self, predictions: Sequence[Tensor]) -> Iterator[Tensor]:
        """Predictions of the outputs that have metrics on the host."""
        for formulas, p in zip(self.outputs, predictions, strict=True):
            if formulas.has_host_metrics:
                yield p

    def penalty(self, weights: Sequence[Tensor]) -> Tensor:
        """Sum of the penalties of all regularized weights."""
        return sum(_penalty(term, weights[term.weight_index]) for term in self.penalty_terms)


def _output_formulas(
    objective: Objective, activation: KerasLayer | None, numerics: Numerics
) -> OutputFormulas:
    return OutputFormulas(
        row_loss(objective.loss, numerics, fused=activation is not None),
        _times(numerics.constant(objective.weight)),
        activation or _unchanged,
        [metric_formula(named.metric, numerics) for named in device_metrics(objective)],
        bool(host_metrics(objective)),
    )


def _times(weight: float) -> Callable[[Tensor], Tensor]:
    return _unchanged if weight == 1 else lambda loss: loss * weight


def _unchanged(x: Any) -> Any:
    return x


def _result_specs(graph: Graph, setup: TrainingSetup, numerics: Numerics) -> Iterator[ResultSpec]:
    yield ResultSpec("float64", (len(setup.sum_names),))
    for objective in setup.objectives:
        if host_metrics(objective):
            yield ResultSpec(numerics.dtype, (None, *_row_shape(graph, objective)))


def _row_shape(graph: Graph, objective: Objective) -> Shape:
    """Shape of one row of an output, in plain integers."""
    return tuple(map(int, graph.specs[graph.outputs[objective.output]].shape))


def _penalty_terms(graph: Graph, numerics: Numerics) -> Iterator[PenaltyTerm]:
    trained = [weight for _, weight in graph.weights() if weight.trainable]
    for index, weight in enumerate(trained):
        if weight.regularizer:
            l1, l2 = map(numerics.constant, weight.regularizer.strengths)
            yield PenaltyTerm(index, l1, l2, weight.regularizer.orthogonality)


def _penalty(term: PenaltyTerm, w: Tensor) -> Tensor:
    """l1 sum |w| + l2 sum w^2, and the penalty on products of vectors if there is one."""
    penalty = ops.sum(_magnitude(w)) * term.l1 + ops.sum(ops.square(w)) * term.l2
    return penalty + _orthogonality(w, *term.orthogonality) if term.orthogonality else penalty


def _orthogonality(w: Tensor, factor: float, by_rows: bool) -> Tensor:
    """factor times the mean |n_i . n_j| over pairs of rows, or columns, of length 1."""
    vectors = w if by_rows else ops.transpose(w)
    count = int(vectors.shape[0])
    shortest, scale = np.array([SHORTEST**2, 2 * factor / (count * (count - 1))])
    squares = ops.sum(ops.square(vectors), axis=1, keepdims=True)
    n = vectors / ops.sqrt(ops.maximum(squares, ops.cast(shortest, w.dtype)))
    products = ops.triu(ops.matmul(n, ops.transpose(n)), k=1)
    return ops.sum(_magnitude(products)) * ops.cast(scale, w.dtype)


def _magnitude(x: Tensor) -> Tensor:
    """|x| as x sign x, for a derivative of 0 at 0 on JAX too."""
    return x * ops.stop_gradient(ops.sign(x))


def _sum(rows: Tensor) -> Tensor:
    """Sum over the rows in float64, as the reference computes it."""
    return ops.sum(ops.cast(rows, "float64"))
