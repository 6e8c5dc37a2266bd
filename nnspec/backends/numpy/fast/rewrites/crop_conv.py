"""Graph rewrite that crops a convolution's output to what the pooling after it reads."""

from __future__ import annotations

from nnspec.backends.numpy.windows import pool_windows
from nnspec.components.layers.convolution import Conv2D
from nnspec.components.layers.pooling import Pooling2D
from nnspec.graph.ir import Graph, Node
from nnspec.options.types import Shape


def crop_conv(graph: Graph) -> Graph:
    """Crop the output of each convolution to the rows and columns that the next pooling reads."""
    nodes = list(graph.nodes)
    for index in range(len(nodes) - 1):
        first, second = nodes[index : index + 2]
        if isinstance(first.layer, Conv2D) and isinstance(second.layer, Pooling2D):
            shape = _shape_read(second)
            nodes[index : index + 2] = (
                first._replace(shape=shape),
                second._replace(input_shapes=(shape,)),
            )
    return graph.replace(nodes=tuple(nodes))


def _shape_read(pooling: Node) -> Shape:
    """Shape of the part of its input that a pooling reads."""
    windows = pool_windows(pooling)
    axes = zip(
        windows.input, windows.output, windows.strides, windows.size, windows.pads, strict=True
    )
    sizes = [min(n, (count - 1) * s + k - pad_before) for n, count, s, k, (pad_before, _) in axes]
    return (*sizes, pooling.shape[-1])
