"""Lint rules about layers and activations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nnspec.components.layers.activations import Softmax
from nnspec.graph.ir import Graph, Node
from nnspec.lint.findings import Finding, is_trained, nodes_with_kernel, option_path
from nnspec.spec.document import Spec

DEEP = 4  # hidden layers


def linear_hidden(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Layers that feed another layer with a kernel without a nonlinearity between them."""
    nodes = {node.name: node for node in graph.nodes}
    names = (name for node in nodes_with_kernel(graph) for name in _linear_sources(node, nodes))
    for node in map(nodes.__getitem__, dict.fromkeys(names)):
        yield Finding(node.path, f"{node.origin} is a hidden layer with a linear activation")


def _linear_sources(node: Node, nodes: Mapping[str, Node]) -> Iterator[str]:
    """The names of the nodes with a kernel that `node` reads through affine nodes only."""
    pending = list(node.inputs)
    while pending:
        source = nodes.get(pending.pop())
        if source and "kernel" in source.weights:
            yield source.name
        elif source and source.layer.affine:
            pending += source.inputs


def heaviside(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Activations with zero gradient after trainable weights."""
    trainable = False
    for node in graph.nodes if is_trained(spec) else ():
        if node.layer.zero_gradient and trainable:
            yield Finding(option_path(spec, node, "activation"), _step_message(node))
        trainable = trainable or any(weight.trainable for weight in node.weights.values())


def _step_message(node: Node) -> str:
    return f"{node.origin}: a step function in a network that is to be trained"


def vanishing_gradient(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """At least DEEP hidden layers with a saturating activation."""
    saturating = [n for n in graph.nodes if n.layer.saturates and n.name != graph.output]
    if len(saturating) >= DEEP:
        kinds = " or ".join(sorted({node.kind for node in saturating}))
        message = f"{len(saturating)} activations before the last are {kinds}"
        yield Finding(option_path(spec, saturating[0], "activation"), message)


def single_softmax(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """A softmax over one element, which is constantly 1."""
    for node in graph.nodes:
        if isinstance(node.layer, Softmax) and _softmax_size(node, node.layer.axis) == 1:
            yield Finding(
                option_path(spec, node, "activation"), f"{node.origin}: softmax of one output"
            )


def _softmax_size(node: Node, axis: int) -> int:
    """The number of elements over which softmax normalizes; axis 0 is the batch."""
    return node.shape[axis if axis < 0 else axis - 1]
