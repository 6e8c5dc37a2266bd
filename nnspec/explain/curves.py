"""Curves of activations and losses with derivatives, by the reference backend's rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy import registry
from nnspec.backends.numpy.losses import loss_formula
from nnspec.backends.numpy.parameters import ParameterStore
from nnspec.backends.numpy.reference.context import Forward, RuleContext
from nnspec.components.layers.base import ActivationLayer
from nnspec.components.losses.base import Loss
from nnspec.graph.compile import compile_spec
from nnspec.options.component import Component
from nnspec.options.model import required_options
from nnspec.randomness.initial_weights import initial_weights
from nnspec.spec.loader import build

POINTS = 201  # odd, so that 0 is one of them
X_LIMIT = 4.0  # activations are computed on [-X_LIMIT, X_LIMIT]
_MARGIN = 0.05  # nearer to the end of a loss's domain the derivative would dominate the figure
_NUMBERS = -X_LIMIT / 2, X_LIMIT / 2


class Curve(NamedTuple):
    """f and f' at points x; `value` and `variable` are labels, `note` names what is fixed."""

    value: str
    variable: str
    note: str
    x: Array
    y: Array
    slope: Array


def curve(cls: type[Component]) -> Curve | None:
    """The curve of an activation or a loss.

    None if it is neither, is a function of several variables, or has no rule in the reference.
    """
    if required_options(cls) and not getattr(cls, "examples", ()):
        return None
    if issubclass(cls, ActivationLayer) and cls in registry.LAYERS:
        return _activation(cls)
    if issubclass(cls, Loss) and cls in registry.LOSSES:
        loss = cls()
        is_bounded = loss.domain != Loss.domain or loss.divides_by_target
        return _loss(loss, 1.0 if is_bounded else 0.0, _interval([loss]))
    return None


def comparison_curves(classes: Sequence[type[Component]]) -> dict[str, Curve]:
    """Curves for one figure by label; components without a curve are left out.

    Each loss has a curve for target 0 and one for target 1, all over the same predictions.
    """
    losses = [cls() for cls in classes if issubclass(cls, Loss) and curve(cls)]
    found = {cls.kind: curve(cls) for cls in classes if not issubclass(cls, Loss)}
    for loss in losses:
        both = {y: _loss(loss, y, _interval(losses)) for y in (0.0, 1.0)}
        found |= {f"{loss.kind} {one.note}": one for one in both.values() if one}
    return {name: one for name, one in found.items() if one}


def _activation(cls: type[ActivationLayer]) -> Curve | None:
    """The curve of an activation with the options of its first example.

    None if f(x) depends on a second input, which is 0 in one evaluation and 1 in the other.
    """
    options = dict(cls.examples[0].options) if cls.examples else {}
    x = np.linspace(-X_LIMIT, X_LIMIT, POINTS)
    y, slope = _evaluate(cls, options, x, second_input=0.0)
    other, _ = _evaluate(cls, options, x, second_input=1.0)
    return Curve("f(x)", "x", "", x, y, slope) if np.array_equal(y, other) else None


def _evaluate(
    cls: type[ActivationLayer], options: dict[str, object], x: Array, second_input: float
) -> tuple[Array, Array]:
    """y and dy/dx for rows (x, second_input); y is the first output."""
    network = {"input_shape": 2, "layers": [{cls.kind: options} if options else cls.kind]}
    graph = compile_spec(build({"network": network}))
    parameters = ParameterStore(graph, x.dtype, seed=0)
    parameters.parameters.fill(initial_weights(graph, 0))
    node = graph.nodes[0]
    context = RuleContext(
        node, parameters, parameters.gradients.views, x.dtype,
        training=True, input_gradients=(True,),
    )  # fmt: skip
    forward: Forward = registry.LAYERS[node.layer](node.layer, context)
    y, backward = forward(np.stack([x, np.full_like(x, second_input)], axis=1))
    (dx,) = backward(np.stack([np.ones_like(x), np.zeros_like(x)], axis=1))
    return y[:, 0], np.asarray(dx)[:, 0]


def _interval(losses: Sequence[Loss]) -> tuple[float, float]:
    """Interval of predictions that all the losses take, a little from its ends."""
    lows, highs = zip(*(loss.domain for loss in losses), strict=True)
    low, high = _NUMBERS
    return max(low, max(lows) + _MARGIN), min(high, min(highs) - _MARGIN)


def _loss(loss: Loss, target: float, interval: tuple[float, float]) -> Curve | None:
    """The curve of a loss over predictions p for a fixed target.

    None where it depends on several predictions, and at a target by which it would divide.
    """
    formula = loss_formula(loss, fused=False)
    if formula.reduced_axis is not None or (loss.divides_by_target and not target):
        return None
    p, y = np.linspace(*interval, POINTS), np.full((POINTS, 1), float(target))
    values, slopes = (which(p[:, None], y)[:, 0] for which in (formula.elements, formula.gradient))
    return Curve("loss(p)", "prediction p", f"for y = {target:g}", p, values, slopes)
