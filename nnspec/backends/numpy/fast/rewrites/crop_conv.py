"""The pass that leaves out what pooling drops: the last rows and columns of a convolution."""

from __future__ import annotations

from nnspec.backends.numpy.windows import pool_windows
from nnspec.components.layers.convolution import Conv2D
from nnspec.components.layers.pooling import Pooling2D
from nnspec.graph.ir import Graph, Node
from nnspec.options.types import Shape


def crop_conv(graph: Graph) -> Graph:
    """The graph with each convolution before a pooling as large as the pooling reads."""
    nodes = list(graph.nodes)
    for at in range(len(nodes) - 1):
        first, second = nodes[at : at + 2]
        if isinstance(first.layer, Conv2D) and isinstance(second.layer, Pooling2D):
            shape = _read(second)
            nodes[at : at + 2] = first._replace(shape=shape), second._replace(input_shapes=(shape,))
    return graph._replace(nodes=tuple(nodes))


def _read(pooling: Node) -> Shape:
    """The part of its input that a pooling reads."""
    windows = pool_windows(pooling)
    axes = zip(
        windows.input, windows.output, windows.strides, windows.size, windows.pads, strict=True
    )
    sizes = [min(n, (o - 1) * s + k - before) for n, o, s, k, (before, _) in axes]
    return (*sizes, pooling.shape[-1])
