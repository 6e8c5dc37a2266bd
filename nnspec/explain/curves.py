"""Functions of one variable and their derivatives, computed by the reference backend's rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy import registry
from nnspec.backends.numpy.parameters import ParameterStore
from nnspec.backends.numpy.reference.context import RuleContext
from nnspec.components.layers.base import ActivationLayer
from nnspec.components.losses.base import Loss
from nnspec.graph.compile import compile_spec
from nnspec.options.component import Component
from nnspec.randomness.initial_weights import initial_weights
from nnspec.spec.loader import build

POINTS = 201  # 0 is one of them
REACH = 4.0  # activations are shown from -REACH to REACH
_PROBABILITIES = 0.05, 0.95  # nearer to 0 the slope dwarfs the rest
_NUMBERS = -REACH / 2, REACH / 2


class Curve(NamedTuple):
    """f and f' at points x; `value` and `variable` name f(x) and x, `note` says what is fixed."""

    value: str
    variable: str
    note: str
    x: Array
    y: Array
    slope: Array


def curve(cls: type[Component]) -> Curve | None:
    """The curve of an activation or a loss.

    None where it is neither, has several variables, or is a plug-in's without a rule.
    """
    if issubclass(cls, ActivationLayer) and cls in registry.LAYERS:
        return _activation(cls)
    if issubclass(cls, Loss) and cls in registry.LOSSES:
        loss = cls()
        return _loss(loss, 1.0 if loss.fuses_with else 0.0, _ends([loss]))
    return None


def comparison_curves(classes: Sequence[type[Component]]) -> dict[str, Curve]:
    """Curves that are drawn in one picture, by what tells them apart.

    Each loss has one for the target 0 and one for 1, all over the same predictions. What has no
    curve is missing.
    """
    losses = [cls() for cls in classes if issubclass(cls, Loss) and curve(cls)]
    found = {cls.kind: curve(cls) for cls in classes if not issubclass(cls, Loss)}
    for loss in losses:
        both = {y: _loss(loss, y, _ends(losses)) for y in (0.0, 1.0)}
        found |= {f"{loss.kind} {one.note}": one for one in both.values() if one}
    return {name: one for name, one in found.items() if one}


def _activation(cls: type[ActivationLayer]) -> Curve | None:
    """With the options of its first example. Beside x stands another number: does it matter?"""
    options = dict(cls.examples[0].options) if cls.examples else {}
    x = np.linspace(-REACH, REACH, POINTS)
    y, slope = _through(cls, options, x, beside=0.0)
    other, _ = _through(cls, options, x, beside=1.0)
    return Curve("f(x)", "x", "", x, y, slope) if np.array_equal(y, other) else None


def _through(
    cls: type[ActivationLayer], options: dict[str, object], x: Array, beside: float
) -> tuple[Array, Array]:
    """y and dy/dx of the first of two numbers."""
    network = {"input_shape": 2, "layers": [{cls.kind: options} if options else cls.kind]}
    graph = compile_spec(build({"network": network}))
    memory = ParameterStore(graph, x.dtype, seed=0)
    memory.parameters.fill(initial_weights(graph, 0))
    space = RuleContext(graph.nodes[0], memory, len(x), x.dtype, training=True, input_gradient=True)
    forward, backward = registry.LAYERS[space.node.layer](space.node.layer, space)
    y = forward(np.stack([x, np.full_like(x, beside)], axis=1))[:, 0].copy()
    seen = np.stack([np.ones_like(x), np.zeros_like(x)], axis=1)
    return y, backward(seen)[:, 0].copy()


def _ends(losses: Sequence[Loss]) -> tuple[float, float]:
    """Between which predictions losses are shown: probabilities where one of them needs these."""
    return _PROBABILITIES if any(loss.fuses_with for loss in losses) else _NUMBERS


def _loss(loss: Loss, target: float, ends: tuple[float, float]) -> Curve | None:
    """For a prediction p of a target: a probability, or any number."""
    if loss.fuses_with not in (None, "sigmoid"):
        return None  # of several classes
    p = np.linspace(*ends, POINTS)
    formula, y = registry.LOSSES[loss](loss), np.full((POINTS, 1), float(target))
    values, slopes = (which(p[:, None], y)[:, 0] for which in (formula.elements, formula.gradient))
    return Curve("loss(p)", "prediction p", f"for y = {target:g}", p, values, slopes)
