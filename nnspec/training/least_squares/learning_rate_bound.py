"""Learning rates with which descent cannot end: known beforehand where the loss is a parabola."""

from __future__ import annotations

from math import prod

from nnspec.components.optimizers.sgd import SGD
from nnspec.data.sources import Rows
from nnspec.errors import Problem
from nnspec.graph import linear_model
from nnspec.graph.ir import Graph
from nnspec.spec.document import Spec
from nnspec.training.least_squares.quadratic import Quadratic

ADVICE = "learning-rate"  # the code of lint's advice, so that a spec silences both at once
_QUICK = 10**9  # multiplications that a piece of advice may cost


def learning_rate_bound(spec: Spec, graph: Graph, train: Rows) -> float | None:
    """2 / lambda_max: plain descent over all rows converges below it and diverges above it.

    lambda_max is the largest eigenvalue of the loss's Hessian, which is the same everywhere for a
    linear model with a squared loss; None for any other, and where sgd has further options.
    """
    layer = linear_model.linear_layer(graph)
    if layer is None or spec.loss is None or spec.loss.squared_error is None:
        return None
    if not isinstance(spec.optimizer, SGD) or spec.optimizer != SGD(
        learning_rate=spec.optimizer.learning_rate
    ):
        return None
    return Quadratic.of(layer, spec.loss, *train).largest_rate()


def advise_on_rate(spec: Spec, graph: Graph, train: Rows) -> Problem | None:
    """Advice where the learning rate is above the bound, and this is quickly found out."""
    rate = getattr(spec.optimizer, "learning_rate", None)
    costly = train.inputs.size * prod(graph.input_shape) > _QUICK
    if ADVICE in spec.silence or not isinstance(rate, float) or costly:
        return None
    limit = learning_rate_bound(spec, graph, train)
    if limit is None or rate <= limit:
        return None
    message = f"descent over all rows diverges with a learning rate above {limit:.3g}"
    where = spec.locate("optimizer", "sgd", "learning_rate")
    hint = "that is 2 / lambda_max, the largest eigenvalue of the loss's second derivative"
    return Problem(message, where, hint, ADVICE, "advice")
