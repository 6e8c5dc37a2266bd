"""The pass that pools before a ReLU: a quarter of the numbers are left for the activation.

max(relu(a), relu(b)) = relu(max(a, b)), and the gradients are the same: where the largest value is
positive it wins in both orders, and elsewhere nothing gets a gradient.
"""

from __future__ import annotations

from nnspec.graph import Graph, Node
from nnspec.layers.activation import ReLU
from nnspec.layers.pool import MaxPooling2D


def pool_before_relu(graph: Graph) -> Graph:
    """The graph with max pooling before ReLU; names keep their place."""
    nodes = list(graph.nodes)
    for at in range(len(nodes) - 1):
        first, second = nodes[at : at + 2]
        if isinstance(first.layer, ReLU) and isinstance(second.layer, MaxPooling2D):
            nodes[at : at + 2] = _swapped(first, second)
    return graph._replace(nodes=tuple(nodes))


def _swapped(relu: Node, pooling: Node) -> list[Node]:
    return [
        relu._replace(layer=pooling.layer, shape=pooling.shape),
        pooling._replace(layer=relu.layer, input_shapes=(pooling.shape,)),
    ]
