"""The layout of each value: spatial where a kernel works on windows or whole images, else rows.

Most kernels compute in either layout, as long as inputs and output have the same one. So values
that such nodes connect get one layout, and nothing is transposed between, say, a convolution and
the addition after it.
"""

from __future__ import annotations

from nnspec.backends.numpy import registry
from nnspec.backends.numpy.fast.blocks import Layout
from nnspec.graph.ir import Graph, Node

_SPATIAL = frozenset(
    {
        "average_pooling1d",
        "average_pooling2d",
        "conv1d",
        "conv1d_transpose",
        "conv2d",
        "conv2d_transpose",
        "conv_max_pool2d",
        "depthwise_conv1d",
        "depthwise_conv2d",
        "global_average_pooling1d",
        "global_average_pooling2d",
        "max_pooling1d",
        "max_pooling2d",
        "up_sampling1d",
        "up_sampling2d",
    }
)
_LAYOUTS = {2: Layout.SEQUENCES, 3: Layout.IMAGES}  # by the number of axes of a row
_BETWEEN_LAYOUTS = frozenset({"embedding", "flatten", "reshape"})


def value_layouts(graph: Graph) -> dict[str, Layout]:
    """The layout of each value, by name.

    Only values (steps, channels) can be sequences, and (height, width, channels) images.
    """
    ranks = {value: len(spec.shape) for value, spec in graph.specs.items()}
    groups = {value: {value} for value, rank in ranks.items() if rank in _LAYOUTS}
    for node in graph.nodes:
        if _keeps_layout(node):
            for rank in _LAYOUTS:
                _join(groups, [value for value in _values(node) if ranks[value] == rank])
    spatial = {
        connected
        for node in graph.nodes if node.kind in _SPATIAL
        for value in _values(node)
        for connected in groups.get(value, ())
    }  # fmt: skip
    return {v: _LAYOUTS[ranks[v]] if v in spatial else Layout.ROWS_FIRST for v in graph.specs}


def _values(node: Node) -> tuple[str, ...]:
    return (*node.inputs, *node.outputs)


def _keeps_layout(node: Node) -> bool:
    """Whether the node's kernel computes in either layout, the same for inputs and output."""
    if node.kind in _SPATIAL or node.kind in _BETWEEN_LAYOUTS:
        return False
    return node.kind in registry.KERNELS.modules or node.layer.elementwise


def _join(groups: dict[str, set[str]], values: list[str]) -> None:
    """Make one group of the groups of some values."""
    joined = set().union(*(groups[value] for value in values))
    groups.update(dict.fromkeys(joined, joined))
