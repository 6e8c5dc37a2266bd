"""Lint rules about layers and activations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nnspec.components.layers.activations import Softmax
from nnspec.graph.ir import Graph, Node
from nnspec.lint.findings import Finding, is_trained, kernels, option_path
from nnspec.spec.document import Spec

DEEP = 4  # hidden layers


def linear_hidden(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Layers whose sums go into the sums of another layer, with nothing between that bends them."""
    nodes = {node.name: node for node in graph.nodes}
    found = (name for node in kernels(graph) for name in _summands(node, nodes))
    for node in map(nodes.__getitem__, dict.fromkeys(found)):
        yield Finding(node.path, f"{node.origin} is a hidden layer with a linear activation")


def _summands(node: Node, nodes: Mapping[str, Node]) -> Iterator[str]:
    """The names of the nodes with a kernel that `node` reads through linear ones."""
    todo = list(node.inputs)
    while todo:
        source = nodes.get(todo.pop())
        if source and "kernel" in source.weights:
            yield source.name
        elif source and source.layer.affine:
            todo += source.inputs


def heaviside(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Steps after weights that are to be trained."""
    learning = False
    for node in graph.nodes if is_trained(spec) else ():
        if node.layer.zero_gradient and learning:
            yield Finding(option_path(spec, node, "activation"), _step(node))
        learning = learning or any(weight.trainable for weight in node.weights.values())


def _step(node: Node) -> str:
    return f"{node.origin}: a step function in a network that is to be trained"


def vanishing_gradient(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Many hidden layers with a saturating activation."""
    found = [n for n in graph.nodes if n.layer.saturates and n.name != graph.output]
    if len(found) >= DEEP:
        kinds = " or ".join(sorted({node.kind for node in found}))
        message = f"{len(found)} activations before the last are {kinds}"
        yield Finding(option_path(spec, found[0], "activation"), message)


def single_softmax(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """A softmax over one number."""
    for node in graph.nodes:
        if isinstance(node.layer, Softmax) and _softmax_size(node, node.layer.axis) == 1:
            yield Finding(
                option_path(spec, node, "activation"), f"{node.origin}: softmax of one output"
            )


def _softmax_size(node: Node, axis: int) -> int:
    return node.shape[axis if axis < 0 else axis - 1]
