"""Graph rewrite: move max pooling before ReLU, so that ReLU has fewer elements to process.

max(relu(a), relu(b)) = relu(max(a, b)). The gradients are equal too: a positive maximum is selected
in both orders, and otherwise all are 0. So results are bitwise identical.
"""

from __future__ import annotations

from nnspec.components.layers.activations import ReLU
from nnspec.components.layers.pooling import MaxPooling2D
from nnspec.graph.ir import Graph, Node


def pool_before_relu(graph: Graph) -> Graph:
    """The graph with each relu that only a max pooling reads swapped with it.

    The relu takes the pooling's place, and whatever read the pooling reads the relu.
    """
    swapped: dict[str, Node] = {}
    for node in graph.nodes:
        is_plain = isinstance(node.layer, ReLU) and node.layer.is_plain
        pooling = graph.only_reader(node.name) if is_plain else None
        if pooling and isinstance(pooling.layer, MaxPooling2D):
            swapped |= {node.name: pooling, pooling.name: node}
    if not swapped:
        return graph
    nodes = [_place(node, swapped) for node in graph.nodes]
    outputs = {name: _moved(value, swapped) for name, value in graph.outputs.items()}
    return graph.replace(nodes=tuple(nodes), outputs=outputs)


def _place(node: Node, swapped: dict[str, Node]) -> Node:
    """The node that stands in a node's place."""
    other = swapped.get(node.name)
    if other is None:
        return node._replace(inputs=tuple(_moved(value, swapped) for value in node.inputs))
    if isinstance(node.layer, ReLU):
        inputs = tuple(_moved(value, swapped) for value in node.inputs)
        return other._replace(inputs=inputs, input_specs=node.input_specs)
    shape = node.output_specs
    return other._replace(inputs=(node.name,), input_specs=shape, output_specs=shape)


def _moved(value: str, swapped: dict[str, Node]) -> str:
    """The value that replaces a pooling's; any other is itself."""
    other = swapped.get(value)
    return other.name if other and isinstance(other.layer, ReLU) else value
