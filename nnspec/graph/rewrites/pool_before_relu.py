"""The pass that pools before a ReLU: of windows of 2 x 2, a quarter is left to activate.

max(relu(a), relu(b)) = relu(max(a, b)), and the gradients are the same: where the largest value is
positive it wins in both orders, and elsewhere nothing gets a gradient. So every bit stays.
"""

from __future__ import annotations

from nnspec.components.layers.activations import ReLU
from nnspec.components.layers.pooling import MaxPooling2D
from nnspec.graph.ir import Graph, Node


def pool_before_relu(graph: Graph) -> Graph:
    """The graph with max pooling before ReLU."""
    nodes = list(graph.nodes)
    for at in range(len(nodes) - 1):
        if isinstance(nodes[at].layer, ReLU) and isinstance(nodes[at + 1].layer, MaxPooling2D):
            nodes[at : at + 3] = _swapped(*nodes[at : at + 3])
    return graph._replace(nodes=tuple(nodes))


def _swapped(relu: Node, pooling: Node, *behind: Node) -> list[Node]:
    return [
        pooling._replace(inputs=relu.inputs, input_shapes=relu.input_shapes),
        relu._replace(inputs=(pooling.name,), input_shapes=(pooling.shape,), shape=pooling.shape),
        *(node._replace(inputs=(relu.name,)) for node in behind),
    ]
