"""One layer by its rule in the reference engine: outputs, and gradients for given ones of y."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from nnspec.backends.numpy import registry
from nnspec.backends.numpy.parameters import ParameterStore
from nnspec.backends.numpy.reference.context import RuleContext
from nnspec.graph.lower import lower
from tests.networks import graph_of

Arrays = dict[str, np.ndarray]


class Pass(NamedTuple):
    """A forward and a backward pass through a layer."""

    x: np.ndarray
    weights: Arrays  # random; by their names in the layer
    y: np.ndarray
    dy: np.ndarray
    dx: np.ndarray
    gradients: Arrays


def random_pass(layer: Any, shape: tuple[int, ...], rows: int = 3, training: bool = True) -> Pass:
    """A layer on random rows, with random weights, for random gradients of its output."""
    rng, graph = np.random.default_rng(5), lower(graph_of([layer], shape))
    weights = {name: rng.uniform(0.5, 1.5, size=w.shape) for name, w in graph.weights()}
    store = ParameterStore(graph, np.dtype(np.float64), seed=0)
    store.parameters.fill(weights)
    x = value = rng.normal(scale=2, size=(rows, *shape))
    calls = []
    for node in graph.nodes:
        context = RuleContext(
            node, store, store.gradients.views, x.dtype, training, input_gradients=(True,)
        )
        value, backward = registry.LAYERS[node.layer](node.layer, context)(value)
        calls.append(backward)
    dy = gradient = rng.normal(size=value.shape)
    for backward in reversed(calls):
        (gradient,) = backward(gradient)
    short = {name.rpartition("/")[2]: w for name, w in weights.items()}
    gradients = {name.rpartition("/")[2]: g for name, g in store.gradients.views.items()}
    return Pass(x, short, value, dy, gradient, gradients)
