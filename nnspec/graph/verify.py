"""The verifier of graphs, which runs after every pass, and the function that runs passes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nnspec.graph.ir import Graph, Node

Pass = Callable[[Graph], Graph]


def apply_passes(graph: Graph, *passes: Pass) -> Graph:
    """The graph after passes, each of whose results is verified."""
    for each in passes:
        graph = verify(each(graph))
    return graph


def verify(graph: Graph) -> Graph:
    """The graph itself; raises ValueError, with all reasons, where a pass left it inconsistent.

    Each name is given once; what a node reads is given before it and has the shape and dtype that
    the node expects; the owner of shared weights has weights of the same names and shapes; the
    outputs are values of the graph. A failure is a mistake in a pass, never in a spec.
    """
    mistakes = list(_mistakes(graph))
    if mistakes:
        raise ValueError("; ".join(mistakes))
    return graph


def _mistakes(graph: Graph) -> Iterator[str]:
    specs, nodes = dict(graph.inputs), dict[str, Node]()
    for node in graph.nodes:
        for value, expected in zip(node.inputs, node.input_specs, strict=True):
            if specs.get(value) != expected:
                yield f"{node.name} reads {value} as {expected}, and it is {specs.get(value)}"
        if not specs.keys().isdisjoint(node.outputs):
            yield f"the name {node.name} is given twice"
        specs.update(zip(node.outputs, node.output_specs, strict=True))
        nodes[node.name] = node
        yield from _owner_mistakes(node, nodes.get(node.owner))
    for output, value in graph.outputs.items():
        if value not in specs:
            yield f"the output {output} is {value}, which no node gives"


def _owner_mistakes(node: Node, owner: Node | None) -> Iterator[str]:
    if node.weights and owner is None:
        yield f"{node.name} uses the weights of {node.owner}, which is not before it"
    elif owner and owner.weight_shapes != node.weight_shapes:
        yield f"{node.name} and {owner.name} share weights of different shapes"
