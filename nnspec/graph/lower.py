"""The pass that replaces composite layers by the layers they consist of."""

from __future__ import annotations

from nnspec.components.layers.base import Layer
from nnspec.graph.ir import INPUT, Graph, Node


def lower(graph: Graph) -> Graph:
    """Layers that stand for several become these: a dense with an activation becomes two nodes."""
    nodes: list[Node] = []
    renamed = {INPUT: INPUT}
    for node in graph.nodes:
        inputs = tuple(renamed[name] for name in node.inputs)
        parts = _parts(node, inputs)
        nodes += parts
        renamed[node.name] = parts[-1].name
    return graph._replace(nodes=tuple(nodes))


def _parts(node: Node, inputs: tuple[str, ...]) -> list[Node]:
    """The nodes that a written layer stands for, each reading the one before."""
    first, *rest = _all_parts(node.layer)
    nodes = [node._replace(layer=first, inputs=inputs)]
    for layer in rest:
        name = f"{node.name}.{layer.kind}"
        nodes.append(node._replace(name=name, layer=layer, inputs=(nodes[-1].name,)))
    return nodes


def _all_parts(layer: Layer) -> list[Layer]:
    parts = layer.lower()
    return [layer] if parts[0] is layer else [p for part in parts for p in _all_parts(part)]
