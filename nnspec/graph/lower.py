"""The `lower` pass: expand composite layers into primitive ones."""

from __future__ import annotations

from nnspec.components.layers.base import Layer
from nnspec.graph.ir import INPUT, Graph, Node


def lower(graph: Graph) -> Graph:
    """Expand composite layers: a dense layer with an activation becomes two nodes."""
    nodes: list[Node] = []
    outputs = {INPUT: INPUT}  # layer -> its last node
    for node in graph.nodes:
        inputs = tuple(outputs[name] for name in node.inputs)
        lowered = _lower_node(node, inputs)
        nodes += lowered
        outputs[node.name] = lowered[-1].name
    return graph._replace(nodes=tuple(nodes))


def _lower_node(node: Node, inputs: tuple[str, ...]) -> list[Node]:
    """The chain of nodes of a layer; the first keeps the layer's name."""
    first, *rest = _lower_layer(node.layer)
    nodes = [node._replace(layer=first, inputs=inputs)]
    for layer in rest:
        name = f"{node.name}.{layer.kind}"
        nodes.append(node._replace(name=name, layer=layer, inputs=(nodes[-1].name,)))
    return nodes


def _lower_layer(layer: Layer) -> list[Layer]:
    """The primitive layers of a layer, lowered recursively."""
    layers = layer.lower()
    return [layer] if layers[0] is layer else [p for inner in layers for p in _lower_layer(inner)]
