"""The pass that makes one node of a convolution of few channels and the pooling behind it.

The convolved image is the largest thing in such a network, and little is computed for it: it is
better never written as a whole.
"""

from __future__ import annotations

from typing import Any

from nnspec.backends.numpy.fast.kernels.conv_im2col import FEW_CHANNELS
from nnspec.backends.numpy.reference.executor import nodes_to_differentiate
from nnspec.backends.numpy.windows import Windows, conv_windows, pool_windows
from nnspec.components.layers.base import Layer
from nnspec.components.layers.convolution import Conv2D
from nnspec.components.layers.pooling import MaxPooling2D
from nnspec.graph.ir import Graph, Node
from nnspec.options.types import Padding, Pair


class ConvMaxPool2D(Layer):
    """A convolution, and the largest value of windows of its output, which keep apart."""

    kind = "conv_max_pool2d"

    kernel_size: Pair
    strides: Pair
    dilation_rate: Pair
    padding: Padding
    pool_size: Pair
    pool_strides: Pair


def fuse_conv_pool(graph: Graph) -> Graph:
    """The graph with such pairs as one node, under the convolution's name."""
    learns, nodes = nodes_to_differentiate(graph), list[Node]()
    for node in graph.nodes:
        before = nodes[-1] if nodes else None
        if before and before.inputs[0] not in learns and _can_fuse(before, node):
            nodes[-1] = _merged(before, node)
        else:
            nodes.append(node._replace(inputs=(before.name,)) if before else node)
    return graph._replace(nodes=tuple(nodes))


def _can_fuse(first: Node, second: Node) -> bool:
    if type(first.layer) is not Conv2D or not isinstance(second.layer, MaxPooling2D):
        return False
    few = first.layer.groups == 1 and first.input_shapes[0][2] < FEW_CHANNELS
    pooling = pool_windows(second)
    return few and not (pooling.overlap or any(map(any, pooling.pads))) and _narrow(first, pooling)


def _narrow(first: Node, pooling: Windows) -> bool:
    """Whether a place of the pooling's window uses at least half of what the window sees across."""
    of = conv_windows(first)
    seen = (of.size[1] - 1) * of.dilation[1] + 1
    return (pooling.size[1] - 1) * of.strides[1] <= seen


def _merged(first: Node, second: Node) -> Node:
    of, pooling = conv_windows(first), pool_windows(second)
    options: dict[str, Any] = {
        "kernel_size": of.size, "strides": of.strides, "dilation_rate": of.dilation,
        "padding": of.pads, "pool_size": pooling.size, "pool_strides": pooling.strides,
    }  # fmt: skip
    return first._replace(layer=ConvMaxPool2D(**options), shape=second.shape)
