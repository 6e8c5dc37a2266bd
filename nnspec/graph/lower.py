"""The `lower` pass: express layers by others, where a backend has no rule for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nnspec.components.layers.base import Layer, SymbolicTensor
from nnspec.graph.ir import Graph, Node
from nnspec.options.tensor_spec import TensorSpec

InferNode = Callable[[Node, Mapping[str, TensorSpec]], Node]


def lowering(node: Node, inputs: tuple[TensorSpec, ...], infer: InferNode) -> tuple[Node, ...]:
    """The inferred nodes by which a node's layer is expressed; the last gives its value."""
    return _Lowering(node, inputs, infer).nodes()


class _Lowering:
    """The nodes that a layer's `lower` adds, named `node/kind`."""

    def __init__(self, node: Node, inputs: tuple[TensorSpec, ...], infer: InferNode) -> None:
        self.node, self.infer = node, infer
        self.specs = dict(zip(node.inputs, inputs, strict=True))
        self.body: dict[str, Node] = {}

    def nodes(self) -> tuple[Node, ...]:
        """The nodes in order, without those that the value does not need."""
        node = self.node
        result = node.layer.lower(
            self.add, *(SymbolicTensor(v, self.specs[v]) for v in node.inputs)
        )
        if not isinstance(result, SymbolicTensor) or result.name not in self.body:
            raise TypeError(f"the lowering of {node.kind} gives no value that it added")
        needed, kept = {result.name}, list[Node]()
        for inner in reversed(self.body.values()):
            if inner.name in needed:
                needed.update(inner.inputs)
                kept.append(inner)
        return tuple(reversed(kept))

    def add(self, layer: Layer, *values: SymbolicTensor) -> SymbolicTensor:
        """Add a layer that reads some values; returns the value that it gives."""
        for part in layer.split():
            values = (self._add(part, values),)
        return values[0]

    def _add(self, layer: Layer, values: tuple[SymbolicTensor, ...]) -> SymbolicTensor:
        label = self._free_label(layer)
        node = self.node
        inner = Node(
            f"{node.name}/{label}", layer, tuple(value.name for value in values), node.origin,
            node.path, f"{node.owner}/{label}",
        )  # fmt: skip
        inner = self.infer(inner, self.specs)
        self.body[inner.name] = inner
        self.specs.update(zip(inner.outputs, inner.output_specs, strict=True))
        return SymbolicTensor(inner.name, inner.output_specs[0])

    def _free_label(self, layer: Layer) -> str:
        """The layer's name or kind, numbered as in Keras where it is taken."""
        stem, number = layer.name or layer.kind, 0
        label = stem
        while f"{self.node.name}/{label}" in self.body:
            number += 1
            label = f"{stem}_{number}"
        return label


def lower(graph: Graph, has_rule: Callable[[Layer], bool] = lambda _: False) -> Graph:
    """The graph with each node that has a lowering replaced by it, unless its layer has a rule."""
    if not any(node.body for node in graph.nodes):
        return graph
    values: dict[str, str] = {}  # value of a lowered node -> value that replaces it
    nodes: list[Node] = []
    for node in graph.nodes:
        _lower_node(node, has_rule, values, nodes)
    outputs = {name: values.get(value, value) for name, value in graph.outputs.items()}
    return graph.replace(nodes=tuple(nodes), outputs=outputs)


def _lower_node(
    node: Node, has_rule: Callable[[Layer], bool], values: dict[str, str], nodes: list[Node]
) -> None:
    """Append a node, or the nodes of its lowering, which may have lowerings too."""
    node = node._replace(inputs=tuple(values.get(value, value) for value in node.inputs))
    if not node.body or has_rule(node.layer):
        nodes.append(node)
        return
    for inner in node.body:
        _lower_node(inner, has_rule, values, nodes)
    last = node.body[-1].name
    values[node.name] = values.get(last, last)
