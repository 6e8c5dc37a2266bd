"""A graph prepared for a number of rows: its rules called once, then only run in order."""

from __future__ import annotations

from nnspec.backends.contract import Array
from nnspec.backends.numpy import registry
from nnspec.backends.numpy.parameters import ParameterStore
from nnspec.backends.numpy.reference.context import RuleContext
from nnspec.graph.ir import INPUT, Graph, Node


class Executor:
    """Forward and backward through a chain of nodes, in buffers made beforehand."""

    def __init__(self, graph: Graph, store: ParameterStore, rows: int, training: bool) -> None:
        learns = nodes_to_differentiate(graph)
        dtype = store.trained.flat.dtype
        contexts = [
            RuleContext(node, store, rows, dtype, training, node.inputs[0] in learns)
            for node in graph.nodes
        ]
        passes = [
            registry.LAYERS[context.node.layer](context.node.layer, context) for context in contexts
        ]
        self.forwards = [forward for forward, _ in passes]
        self.backwards = [
            backward for node, (_, backward) in zip(graph.nodes, passes, strict=True)
            if node.name in learns
        ][::-1]  # fmt: skip

    def forward(self, x: Array) -> Array:
        """The output; it stays in a buffer until the next call."""
        for run in self.forwards:
            x = run(x)
        return x

    def backward(self, dy: Array) -> None:
        """Write the gradient of every weight; `dy` may be overwritten."""
        for run in self.backwards:
            dy = run(dy)


def nodes_to_differentiate(graph: Graph) -> set[str]:
    """The nodes whose output depends on a trained weight: only they need a gradient."""
    names: set[str] = set()
    for node in graph.nodes:
        if _trained(node) or any(name in names for name in node.inputs if name != INPUT):
            names.add(node.name)
    return names


def _trained(node: Node) -> bool:
    return any(weight.trainable for weight in node.weights.values())
