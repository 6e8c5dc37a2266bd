"""The executor of a graph: runs the rules of its nodes along the edges, forward and backward."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array, Arrays
from nnspec.backends.numpy import registry
from nnspec.backends.numpy.parameters import ParameterStore
from nnspec.backends.numpy.reference.context import Backward, Forward, RuleContext
from nnspec.graph.ir import Graph, Node

# Takes the gradient of each output by its name; adds those of the weights to the store.
BackwardPass = Callable[[Arrays], None]


class Executor:
    """Forward and backward passes through a graph, on batches of any number of rows."""

    def __init__(self, graph: Graph, store: ParameterStore, *, training: bool) -> None:
        self.graph = graph
        self.differentiated = nodes_to_differentiate(graph)
        dtype = store.parameters.flat.dtype
        self.steps: list[tuple[Node, Forward]] = []
        for node in graph.nodes:
            needed = tuple(value in self.differentiated for value in node.inputs)
            context = RuleContext(node, store, store.gradients.views, dtype, training, needed)
            self.steps.append((node, registry.LAYERS[node.layer](node.layer, context)))

    def predict(self, inputs: Arrays) -> dict[str, Array]:
        """The outputs by name; a value is dropped when its last reader is done."""
        values = dict(inputs)
        for node, forward in self.steps:
            values.update(_run(node, forward, values)[0])
            for value in self.graph.last_reads[node.name]:
                del values[value]
        return {name: values[value] for name, value in self.graph.outputs.items()}

    def forward(self, inputs: Arrays) -> tuple[dict[str, Array], BackwardPass]:
        """The outputs by name, and the backward pass of this call."""
        values, calls = dict(inputs), list[_Call]()
        for node, forward in self.steps:
            results, backward = _run(node, forward, values)
            values.update(results)
            if not self.differentiated.isdisjoint(node.outputs):
                calls.append(_Call(node, backward))
            for value in self.graph.last_reads[node.name]:  # `backward` holds what it needs
                del values[value]
        outputs = {name: values[value] for name, value in self.graph.outputs.items()}
        return outputs, lambda gradients: self._backward(calls, gradients)

    def _backward(self, calls: list[_Call], output_gradients: Arrays) -> None:
        """Run the nodes' backward functions from the last to the first.

        The gradients of a value with several readers are added in this order.
        """
        gradients = _Gradients(self.differentiated)
        for name, value in self.graph.outputs.items():
            gradients.add(value, output_gradients.get(name))
        for node, backward in reversed(calls):
            dy = gradients.take(node)
            if dy is not None:
                for value, dx in zip(node.inputs, backward(*dy), strict=True):
                    gradients.add(value, dx)


class _Call(NamedTuple):
    """A node and its backward function of one forward pass."""

    node: Node
    backward: Backward


class _Gradients:
    """The gradients of the values that a weight has an effect on, as far as they are summed."""

    def __init__(self, values: frozenset[str]) -> None:
        self.values = values
        self.sums: dict[str, Array] = {}

    def add(self, value: str, gradient: Array | None) -> None:
        """Add what one reader of a value gives."""
        if gradient is not None and value in self.values:
            total = self.sums.get(value)
            self.sums[value] = gradient if total is None else total + gradient

    def take(self, node: Node) -> list[Array] | None:
        """The gradient of each output of a node, which is complete; None if no reader gave any."""
        found = {i: self.sums.pop(v) for i, v in enumerate(node.outputs) if v in self.sums}
        if not found:
            return None
        some = next(iter(found.values()))
        return [
            found[i] if i in found else np.zeros((len(some), *spec.shape), some.dtype)
            for i, spec in enumerate(node.output_specs)
        ]


def _run(
    node: Node, forward: Forward, values: Mapping[str, Array]
) -> tuple[dict[str, Array], Backward]:
    """The values that a node gives, and its backward function."""
    result, backward = forward(*(values[value] for value in node.inputs))
    several = result if isinstance(result, tuple) else (result,)
    return dict(zip(node.outputs, several, strict=True)), backward


def nodes_to_differentiate(graph: Graph) -> frozenset[str]:
    """The floats that depend on a trainable weight: only these need gradients.

    A whole number has none, and passes none on to what it was computed from.
    """
    values = set[str]()
    for node in graph.nodes:
        if _has_trainable_weights(node) or not values.isdisjoint(node.inputs):
            pairs = zip(node.outputs, node.output_specs, strict=True)
            values.update(value for value, spec in pairs if spec.is_float)
    return frozenset(values)


def _has_trainable_weights(node: Node) -> bool:
    return any(weight.trainable for weight in node.weights.values())
