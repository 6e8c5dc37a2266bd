"""The executor of a graph: builds its rules once, for a number of rows, then runs them in order."""

from __future__ import annotations

from nnspec.backends.contract import Array
from nnspec.backends.numpy import registry
from nnspec.backends.numpy.parameters import ParameterStore
from nnspec.backends.numpy.reference.context import RuleContext
from nnspec.graph.ir import INPUT, Graph, Node


class Executor:
    """Forward and backward pass through a chain of nodes, in buffers allocated beforehand."""

    def __init__(self, graph: Graph, store: ParameterStore, rows: int, training: bool) -> None:
        differentiated = nodes_to_differentiate(graph)
        dtype = store.parameters.flat.dtype
        contexts = [
            RuleContext(node, store, rows, dtype, training, node.inputs[0] in differentiated)
            for node in graph.nodes
        ]
        passes = [
            registry.LAYERS[context.node.layer](context.node.layer, context) for context in contexts
        ]
        self.forwards = [forward for forward, _ in passes]
        self.backwards = [
            backward for node, (_, backward) in zip(graph.nodes, passes, strict=True)
            if node.name in differentiated
        ][::-1]  # fmt: skip

    def forward(self, x: Array) -> Array:
        """Output of the network, in a buffer that the next call overwrites."""
        for run in self.forwards:
            x = run(x)
        return x

    def backward(self, dy: Array) -> None:
        """Write the gradients of all weights to the store; `dy` may be overwritten."""
        for run in self.backwards:
            dy = run(dy)


def nodes_to_differentiate(graph: Graph) -> set[str]:
    """Names of the nodes whose output depends on a trainable weight: only these need gradients."""
    names: set[str] = set()
    for node in graph.nodes:
        if _has_trainable_weights(node) or any(
            name in names for name in node.inputs if name != INPUT
        ):
            names.add(node.name)
    return names


def _has_trainable_weights(node: Node) -> bool:
    return any(weight.trainable for weight in node.weights.values())
