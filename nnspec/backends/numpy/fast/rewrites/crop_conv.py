"""Graph rewrite that crops a convolution's output to what the pooling after it reads."""

from __future__ import annotations

from collections.abc import Mapping

from nnspec.backends.numpy.windows import pool_windows
from nnspec.components.layers.convolution import Conv2D
from nnspec.components.layers.pooling import Pooling2D
from nnspec.graph.ir import Graph, Node
from nnspec.options.types import Shape


def crop_conv(graph: Graph) -> Graph:
    """Crop the output of each convolution to the rows and columns that its only reader pools."""
    cropped = {
        node.name: _shape_read(reader)
        for node in graph.nodes if isinstance(node.layer, Conv2D)
        for reader in [graph.only_reader(node.name)]
        if reader and isinstance(reader.layer, Pooling2D)
    }  # fmt: skip
    return graph.replace(nodes=tuple(_with_shapes(node, cropped) for node in graph.nodes))


def _with_shapes(node: Node, cropped: Mapping[str, Shape]) -> Node:
    """A convolution with its cropped output, or a pooling that reads one; any other as it is."""
    if node.name in cropped:
        return node.with_shapes(node.input_shapes, cropped[node.name])
    if node.inputs[0] in cropped:
        return node.with_shapes((cropped[node.inputs[0]],), node.shape)
    return node


def _shape_read(pooling: Node) -> Shape:
    """Shape of the part of its input that a pooling reads."""
    windows = pool_windows(pooling)
    axes = zip(
        windows.input, windows.output, windows.strides, windows.size, windows.dilation,
        windows.pads, strict=True,
    )  # fmt: skip
    sizes = [
        min(n, (count - 1) * s + (k - 1) * d + 1 - pad_before)
        for n, count, s, k, d, (pad_before, _) in axes
    ]
    return (*sizes, pooling.shape[-1])
