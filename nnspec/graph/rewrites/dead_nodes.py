"""Graph rewrite: drop the nodes that no output needs."""

from __future__ import annotations

from nnspec.graph.ir import Graph, Node


def without_dead_nodes(graph: Graph) -> Graph:
    """The graph with only the nodes that its outputs depend on."""
    needed, kept = set(graph.outputs.values()), list[Node]()
    for node in reversed(graph.nodes):
        if not needed.isdisjoint(node.outputs):
            needed.update(node.inputs)
            kept.append(node)
    return graph.replace(nodes=tuple(reversed(kept)))
