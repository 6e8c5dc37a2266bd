"""Which layers with weights a layer of a graph depends on, as sets of bits."""

from __future__ import annotations

from collections.abc import Sequence

from nnspec.graph.ir import Graph, Node


def neighbours(graph: Graph, layers: Sequence[Node]) -> list[int]:
    """For each of some layers the set of those that it reads, or that read it, without another."""
    number = {node.name: index for index, node in enumerate(layers)}
    near: dict[str, int] = dict.fromkeys(graph.inputs, 0)
    found = [0] * len(layers)
    for node in graph.nodes:
        read = 0
        for value in node.inputs:
            read |= near[value]
        index = number.get(node.name)
        if index is not None:
            found[index] |= read
            for other in range(len(layers)):
                found[other] |= (read >> other & 1) << index
            read = 1 << index
        near |= dict.fromkeys(node.outputs, read)
    return found


def upstream(graph: Graph, layers: Sequence[Node]) -> list[int]:
    """For each of some layers the set of those upstream: bit i for the i-th of them."""
    number = {node.name: 1 << index for index, node in enumerate(layers)}
    before: dict[str, int] = dict.fromkeys(graph.inputs, 0)
    own: dict[str, int] = {}
    for node in graph.nodes:
        found = 0
        for value in node.inputs:
            found |= before[value]
        own[node.name] = found
        before |= dict.fromkeys(node.outputs, found | number.get(node.name, 0))
    return [own[node.name] for node in layers]
