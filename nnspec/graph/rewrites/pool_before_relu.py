"""Graph rewrite: move max pooling before ReLU, so that ReLU has fewer elements to process.

max(relu(a), relu(b)) = relu(max(a, b)). The gradients are equal too: a positive maximum is selected
in both orders, and otherwise all are 0. So results are bitwise identical.
"""

from __future__ import annotations

from nnspec.components.layers.activations import ReLU
from nnspec.components.layers.pooling import MaxPooling2D
from nnspec.graph.ir import Graph, Node


def pool_before_relu(graph: Graph) -> Graph:
    """The graph with each pair relu, max_pooling2d swapped."""
    nodes = list(graph.nodes)
    for i in range(len(nodes) - 1):
        if isinstance(nodes[i].layer, ReLU) and isinstance(nodes[i + 1].layer, MaxPooling2D):
            nodes[i : i + 3] = _swap(*nodes[i : i + 3])
    return graph._replace(nodes=tuple(nodes))


def _swap(relu: Node, pooling: Node, *consumers: Node) -> list[Node]:
    """The two nodes in the other order, and the node that reads their output."""
    return [
        pooling._replace(inputs=relu.inputs, input_shapes=relu.input_shapes),
        relu._replace(inputs=(pooling.name,), input_shapes=(pooling.shape,), shape=pooling.shape),
        *(node._replace(inputs=(relu.name,)) for node in consumers),
    ]
