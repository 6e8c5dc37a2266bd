"""The layout of each value: as images where a kernel works on windows or whole images, else rows.

Most kernels compute in either layout, as long as inputs and output have the same one. So values
that such nodes connect get one layout, and nothing is transposed between, say, a convolution and
the addition after it.
"""

from __future__ import annotations

from nnspec.backends.numpy import registry
from nnspec.backends.numpy.fast.blocks import Layout
from nnspec.graph.ir import Graph, Node

_ON_IMAGES = frozenset(
    {
        "average_pooling2d",
        "conv2d",
        "conv2d_transpose",
        "conv_max_pool2d",
        "depthwise_conv2d",
        "global_average_pooling2d",
        "max_pooling2d",
    }
)
_BETWEEN_LAYOUTS = frozenset({"embedding", "flatten", "reshape"})


def value_layouts(graph: Graph) -> dict[str, Layout]:
    """The layout of each value, by name; only values (height, width, channels) can be images."""
    groups = {value: {value} for value, spec in graph.specs.items() if len(spec.shape) == 3}
    for node in graph.nodes:
        if _keeps_layout(node):
            _join(groups, [value for value in _values(node) if value in groups])
    images = {
        connected
        for node in graph.nodes if node.kind in _ON_IMAGES
        for value in _values(node)
        for connected in groups.get(value, ())
    }  # fmt: skip
    return {v: Layout.IMAGES if v in images else Layout.ROWS_FIRST for v in graph.specs}


def _values(node: Node) -> tuple[str, ...]:
    return (*node.inputs, *node.outputs)


def _keeps_layout(node: Node) -> bool:
    """Whether the node's kernel computes in either layout, the same for inputs and output."""
    if node.kind in _ON_IMAGES or node.kind in _BETWEEN_LAYOUTS:
        return False
    return node.kind in registry.KERNELS.modules or node.layer.elementwise


def _join(groups: dict[str, set[str]], values: list[str]) -> None:
    """Make one group of the groups of some values."""
    joined = set().union(*(groups[value] for value in values))
    groups.update(dict.fromkeys(joined, joined))
