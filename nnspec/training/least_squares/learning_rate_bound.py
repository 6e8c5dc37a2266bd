"""The largest learning rate with which gradient descent on a quadratic loss converges."""

from __future__ import annotations

from math import prod

from nnspec.backends.arrays import NO_ARRAYS, Arrays, only
from nnspec.components.optimizers.sgd import SGD
from nnspec.data.dataset import PreparedRows
from nnspec.data.rows import Rows
from nnspec.errors import Problem
from nnspec.graph import linear_model
from nnspec.graph.ir import Graph
from nnspec.graph.objectives import only_loss
from nnspec.spec.document import Spec
from nnspec.training.least_squares.quadratic import Quadratic

ADVICE_CODE = "learning-rate"  # that of the lint rule, so that a spec silences both at once
_MAX_MULTIPLICATIONS = 10**9  # of computing the bound for an advice


def learning_rate_bound(
    spec: Spec, graph: Graph, train: PreparedRows, weights: Arrays = NO_ARRAYS
) -> float | None:
    """2 / lambda_max: full-batch gradient descent converges below it and diverges above it.

    lambda_max is the largest eigenvalue of the loss's Hessian, which is constant for a linear
    model with a squared loss; None for any other model, for frozen or constrained weights, for sgd
    with further options, and for rows that are augmented or not prepared in memory.
    """
    if not isinstance(train, Rows) or (spec.data and spec.data.augment):
        return None
    layer, loss = linear_model.linear_layer(graph), only_loss(spec)
    if layer is None or loss is None or loss.squared_error is None:
        return None
    if any(weight.constraint or not weight.trainable for weight in layer.weights.values()):
        return None
    if not isinstance(spec.optimizer, SGD) or spec.optimizer != SGD(
        learning_rate=spec.optimizer.learning_rate
    ):
        return None
    inputs, targets, row_weights = only(train.inputs), only(train.targets), [*weights.values()]
    return Quadratic.of(layer, loss, inputs, targets, *row_weights).max_learning_rate()


def learning_rate_advice(
    spec: Spec, graph: Graph, train: PreparedRows, weights: Arrays = NO_ARRAYS
) -> Problem | None:
    """Advice if the learning rate is above the bound; None also if the bound is costly."""
    rate = getattr(spec.optimizer, "learning_rate", None)
    if ADVICE_CODE in spec.silence or not isinstance(rate, float) or not graph.is_single:
        return None
    if (
        not isinstance(train, Rows)
        or only(train.inputs).size * prod(graph.input_shape) > _MAX_MULTIPLICATIONS
    ):
        return None
    limit = learning_rate_bound(spec, graph, train, weights)
    if limit is None or rate <= limit:
        return None
    message = f"descent over all rows diverges with a learning rate above {limit:.3g}"
    where = spec.locate("optimizer", "sgd", "learning_rate")
    hint = "that is 2 / lambda_max, the largest eigenvalue of the loss's second derivative"
    return Problem(message, where, hint, ADVICE_CODE, "advice")
