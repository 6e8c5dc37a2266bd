"""Graph rewrite that makes zeros around an image the padding of the convolution after them."""

from __future__ import annotations

from nnspec.components.layers.convolution import WindowLayer
from nnspec.components.layers.padding import ZeroPadding
from nnspec.graph.ir import Graph, Node


def pad_conv(graph: Graph) -> Graph:
    """Remove each zero padding whose only reader is a convolution, which pads instead."""
    padded = {
        reader.name: node
        for node in graph.nodes if isinstance(node.layer, ZeroPadding)
        for reader in [graph.only_reader(node.name)]
        if reader and isinstance(reader.layer, WindowLayer)
    }  # fmt: skip
    removed = {node.name for node in padded.values()}
    kept = (node for node in graph.nodes if node.name not in removed)
    return graph.replace(
        nodes=tuple(_joined(padded[n.name], n) if n.name in padded else n for n in kept)
    )


def _joined(padding: Node, conv: Node) -> Node:
    """The convolution that reads what the padding reads, with the padding of both."""
    first, second = padding.layer, conv.layer
    assert isinstance(first, ZeroPadding)  # noqa: S101
    assert isinstance(second, WindowLayer)  # noqa: S101
    pairs = zip(first.pads, second.pads, strict=True)
    pads = tuple((a + c, b + d) for (a, b), (c, d) in pairs)
    return conv._replace(
        layer=second.model_copy(update={"padding": pads}),
        inputs=padding.inputs,
        input_specs=padding.input_specs,
    )
