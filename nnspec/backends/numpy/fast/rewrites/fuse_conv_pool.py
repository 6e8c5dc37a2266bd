"""Graph rewrite that fuses a convolution of few channels with the max pooling after it.

The convolution's output is the largest array of such a network and cheap to compute: the fused
kernel never stores it as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnspec.backends.numpy.fast.kernels.columns import FEW_CHANNELS
from nnspec.backends.numpy.reference.executor import nodes_to_differentiate
from nnspec.backends.numpy.windows import Windows, conv_windows, pool_windows
from nnspec.components.layers.base import Layer
from nnspec.components.layers.convolution import Conv2D
from nnspec.components.layers.pooling import MaxPooling2D
from nnspec.graph.ir import Graph, Node
from nnspec.options.spatial_types import Padding2D, Pair


class ConvMaxPool2D(Layer):
    """A convolution followed by max pooling with windows that do not overlap."""

    kind = "conv_max_pool2d"

    kernel_size: Pair
    strides: Pair
    dilation_rate: Pair
    padding: Padding2D
    pool_size: Pair
    pool_strides: Pair


def fuse_conv_pool(graph: Graph) -> Graph:
    """Replace each such pair by one node in the place of the convolution, whose weights it has.

    It keeps the convolution's name, since other nodes may share the weights.
    """
    differentiated = nodes_to_differentiate(graph)
    fused: dict[str, Node] = {}  # by the convolution's name
    names: dict[str, str] = {}  # the pooling's name -> the convolution's
    for node in graph.nodes:
        reader = graph.only_reader(node.name)
        if reader and node.inputs[0] not in differentiated and _can_fuse(node, reader):
            fused[node.name], names[reader.name] = _fused(node, reader), node.name
    kept = (fused.get(node.name, node) for node in graph.nodes if node.name not in names)
    return graph.replace(
        nodes=tuple(_read_by_names(node, names) for node in kept),
        outputs={output: names.get(value, value) for output, value in graph.outputs.items()},
    )


def _read_by_names(node: Node, names: Mapping[str, str]) -> Node:
    """The node with new names of the values that it reads."""
    return node._replace(inputs=tuple(names.get(value, value) for value in node.inputs))


def _can_fuse(first: Node, second: Node) -> bool:
    if type(first.layer) is not Conv2D or not isinstance(second.layer, MaxPooling2D):
        return False
    few = first.layer.groups == 1 and first.input_shapes[0][2] < FEW_CHANNELS
    pooling = pool_windows(second)
    return (
        few
        and pooling.dilation == (1, 1)
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
    fused = first._replace(layer=ConvMaxPool2D(**options))
    return fused.with_shapes(first.input_shapes, second.shape)
