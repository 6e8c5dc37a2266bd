"""Intermediate representation of a network: an immutable graph of nodes in topological order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from nnspec.components.layers.base import Layer, Weight
from nnspec.options.shapes import format_shape
from nnspec.options.types import Shape

INPUT = "input"  # the name of the network's input among the inputs of nodes

_NO_WEIGHTS: Mapping[str, Weight] = MappingProxyType({})


class Node(NamedTuple):
    """One operation of the graph; the `infer` pass fills in shapes and weights."""

    name: str  # unique
    layer: Layer
    inputs: tuple[str, ...]  # names of its operands: nodes or INPUT
    origin: str  # name of the layer in the spec from which it was lowered
    path: tuple[str | int, ...] = ()  # path of that layer in the spec
    input_shapes: tuple[Shape, ...] = ()
    shape: Shape = ()
    weights: Mapping[str, Weight] = _NO_WEIGHTS

    @property
    def kind(self) -> str:
        """The kind of the node's layer, such as `dense`."""
        return self.layer.kind


class NamedWeight(NamedTuple):
    """A weight and its full name, `node/weight`."""

    name: str
    weight: Weight


class Graph(NamedTuple):
    """A network: the shape of an input row, and its nodes in topological order."""

    name: str
    input_shape: Shape
    nodes: tuple[Node, ...] = ()

    @property
    def output(self) -> str:
        """The name of the output node."""
        return self.nodes[-1].name if self.nodes else INPUT

    @property
    def output_shape(self) -> Shape:
        """The shape of an output row."""
        return self.nodes[-1].shape if self.nodes else self.input_shape

    def weights(self) -> Iterator[NamedWeight]:
        """All weights, in the order of the nodes."""
        for node in self.nodes:
            for name, weight in node.weights.items():
                yield NamedWeight(f"{node.name}/{name}", weight)

    def __str__(self) -> str:
        """A stable text form: one line per node."""
        lines = [f"{self.name}: input {format_shape(self.input_shape)}"]
        for node in self.nodes:
            weights = "".join(f" {name}{format_shape(w.shape)}" for name, w in node.weights.items())
            inputs = ", ".join(node.inputs)
            lines.append(f"{node.name} = {node.kind}({inputs}) {format_shape(node.shape)}{weights}")
        return "\n".join(lines)
