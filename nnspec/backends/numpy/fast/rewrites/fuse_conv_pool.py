"""Graph rewrite that fuses a convolution of few channels with the max pooling after it.

The convolution's output is the largest array of such a network and cheap to compute: the fused
kernel never stores it as a whole.
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
    """A convolution followed by max pooling with windows that do not overlap."""

    kind = "conv_max_pool2d"

    kernel_size: Pair
    strides: Pair
    dilation_rate: Pair
    padding: Padding
    pool_size: Pair
    pool_strides: Pair


def fuse_conv_pool(graph: Graph) -> Graph:
    """Replace each such pair by one node with the pooling's name and the convolution's weights."""
    differentiated = nodes_to_differentiate(graph)
    fused: dict[str, Node] = {}  # by the pooling's name
    for node in graph.nodes:
        reader = graph.only_reader(node.name)
        if reader and node.inputs[0] not in differentiated and _can_fuse(node, reader):
            fused[reader.name] = _fused(node, reader)
    replaced = {value for name in fused for value in graph.by_name[name].inputs}
    kept = (fused.get(node.name, node) for node in graph.nodes if node.name not in replaced)
    return graph.replace(nodes=tuple(kept))


def _can_fuse(first: Node, second: Node) -> bool:
    if type(first.layer) is not Conv2D or not isinstance(second.layer, MaxPooling2D):
        return False
    few = first.layer.groups == 1 and first.input_shapes[0][2] < FEW_CHANNELS
    pooling = pool_windows(second)
    return (
        few
        and not (pooling.overlapping or any(map(any, pooling.pads)))
        and _few_zero_taps(first, pooling)
    )


def _few_zero_taps(first: Node, pooling: Windows) -> bool:
    """Whether the convolution's window spans at least half the width of the fused kernel."""
    conv = conv_windows(first)
    width = (conv.size[1] - 1) * conv.dilation[1] + 1
    return (pooling.size[1] - 1) * conv.strides[1] <= width


def _fused(first: Node, second: Node) -> Node:
    conv, pooling = conv_windows(first), pool_windows(second)
    options: dict[str, Any] = {
        "kernel_size": conv.size, "strides": conv.strides, "dilation_rate": conv.dilation,
        "padding": conv.pads, "pool_size": pooling.size, "pool_strides": pooling.strides,
    }  # fmt: skip
    fused = second._replace(
        layer=ConvMaxPool2D(**options), inputs=first.inputs, owner=first.owner,
        weights=first.weights,
    )  # fmt: skip
    return fused.with_shapes(first.input_shapes, second.shape)
