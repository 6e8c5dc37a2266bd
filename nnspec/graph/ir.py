"""The network as data: frozen nodes in topological order. Behaviour lives in passes and rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from nnspec.components.layers.base import Layer, Weight
from nnspec.options.shapes import format_shape
from nnspec.options.types import Shape

INPUT = "input"  # the name under which nodes read the network's input

_NO_WEIGHTS: Mapping[str, Weight] = MappingProxyType({})


class Node(NamedTuple):
    """One operation. Shapes and weights are empty until the `infer` pass has filled them."""

    name: str  # unique
    layer: Layer
    inputs: tuple[str, ...]  # names of the nodes that it reads, or INPUT
    origin: str  # the name of the written layer that it is part of
    path: tuple[str | int, ...] = ()  # where that layer stands in the spec
    input_shapes: tuple[Shape, ...] = ()
    shape: Shape = ()
    weights: Mapping[str, Weight] = _NO_WEIGHTS

    @property
    def kind(self) -> str:
        """The layer's kind."""
        return self.layer.kind


class NamedWeight(NamedTuple):
    """A weight of the network under its full name, `node/weight`."""

    name: str
    weight: Weight


class Graph(NamedTuple):
    """A network: the shape of an input row, and nodes in an order in which they can be run."""

    name: str
    input_shape: Shape
    nodes: tuple[Node, ...] = ()

    @property
    def output(self) -> str:
        """The name of the node whose value is the network's output."""
        return self.nodes[-1].name if self.nodes else INPUT

    @property
    def output_shape(self) -> Shape:
        """The shape of one row of the output."""
        return self.nodes[-1].shape if self.nodes else self.input_shape

    def weights(self) -> Iterator[NamedWeight]:
        """Every weight, in the order of the nodes."""
        for node in self.nodes:
            for name, weight in node.weights.items():
                yield NamedWeight(f"{node.name}/{name}", weight)

    def __str__(self) -> str:
        """A stable text form: one line a node."""
        lines = [f"{self.name}: input {format_shape(self.input_shape)}"]
        for node in self.nodes:
            weights = "".join(f" {name}{format_shape(w.shape)}" for name, w in node.weights.items())
            reads = ", ".join(node.inputs)
            lines.append(f"{node.name} = {node.kind}({reads}) {format_shape(node.shape)}{weights}")
        return "\n".join(lines)
