"""One layer by its rule in the reference engine: outputs, and gradients for given ones of y."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from nnspec.backends.numpy import registry
from nnspec.backends.numpy.parameters import ParameterStore
from nnspec.backends.numpy.reference.context import RuleContext
from nnspec.graph.compile import compile_spec
from nnspec.graph.ir import Graph
from nnspec.graph.lower import lower
from nnspec.spec.loader import build
from tests.random_layers import kind_and_options

Arrays = dict[str, np.ndarray]


class Pass(NamedTuple):
    """A forward and a backward pass through a layer, of one input or several."""

    inputs: list[np.ndarray]
    weights: Arrays  # random; by their names in the layer
    y: np.ndarray
    dy: np.ndarray
    input_gradients: list[np.ndarray | None]
    gradients: Arrays

    @property
    def x(self) -> np.ndarray:
        """The only input."""
        (x,) = self.inputs
        return x

    @property
    def dx(self) -> np.ndarray:
        """The gradient of the only input."""
        (dx,) = self.input_gradients
        return dx


def random_pass(layer: Any, *shapes: tuple[int, ...], rows: int = 3, seed: int = 5) -> Pass:
    """A layer on random rows, with random weights, for random gradients of its output."""
    rng = np.random.default_rng(seed)
    return pass_of(layer, [rng.normal(scale=2, size=(rows, *shape)) for shape in shapes], rng)


def pass_of(layer: Any, inputs: list[np.ndarray], rng: np.random.Generator) -> Pass:
    """A layer in training on rows, with random weights, for random gradients of its output."""
    graph = lower(_graph(layer, inputs))
    weights = {name: rng.uniform(0.5, 1.5, size=w.shape) for name, w in graph.weights()}
    store = ParameterStore(graph, np.dtype(np.float64), seed=0)
    store.parameters.fill(weights)
    values, calls = inputs, []
    for node in graph.nodes:  # one after the other: a layer alone, or what it is lowered to
        wanted = tuple(value.dtype.kind == "f" for value in values)
        context = RuleContext(
            node, store, store.gradients.views, np.dtype(np.float64), True, input_gradients=wanted
        )
        y, backward = registry.LAYERS[node.layer](node.layer, context)(*values)
        values = [y]
        calls.append(backward)
    dy = rng.normal(size=y.shape)
    gradients = [dy]
    for backward in reversed(calls):
        gradients = list(backward(*gradients))
    return Pass(inputs, _short(weights), y, dy, gradients, _short(store.gradients.views))


def _graph(layer: Any, inputs: list[np.ndarray]) -> Graph:
    """The network of one layer, on inputs of the arrays' shapes and types."""
    named = {f"x{number}": _declared(x) for number, x in enumerate(inputs)}
    if len(named) > 1:
        kind, options = kind_and_options(layer)
        layer = {kind: {**options, "inputs": list(named)}}
    return compile_spec(build({"network": {"inputs": named, "layers": [layer]}}))


def _declared(x: np.ndarray) -> dict[str, Any]:
    dtype = "float32" if x.dtype.kind == "f" else "int32"
    return {"shape": list(x.shape[1:]), "dtype": dtype}


def _short(arrays: Arrays) -> Arrays:
    """The weights by their names in the layer."""
    return {name.partition("/")[2]: array for name, array in arrays.items()}
