"""Intermediate representation of a network: an immutable graph of nodes in topological order.

A node reads values and gives one or more. A value has a name: that of a network input, that of the
node that gives it, or `node:1`, `node:2`, ... for a node's further outputs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

from nnspec.components.layers.base import Layer, Weight
from nnspec.options.shapes import format_shape
from nnspec.options.tensor_spec import TensorSpec
from nnspec.options.types import Shape

INPUT = "input"  # the name of the only input of a network that names none

_NO_WEIGHTS: Mapping[str, Weight] = MappingProxyType({})
Path = tuple[str | int, ...]
Side = Mapping[str, TensorSpec | None]  # of the data; the only array has the name ""


class Node(NamedTuple):
    """One operation of the graph; the `infer` pass fills in specs, weights and lowering."""

    name: str  # unique; scopes are separated by slashes
    layer: Layer
    inputs: tuple[str, ...]  # names of the values that it reads
    origin: str  # name of the layer in the spec that it stands for
    path: Path = ()  # path of that layer in the spec
    owner: str = ""  # the node whose weights it uses: itself, unless it is shared
    input_specs: tuple[TensorSpec, ...] = ()
    output_specs: tuple[TensorSpec, ...] = ()
    weights: Mapping[str, Weight] = _NO_WEIGHTS  # by their names in the node
    body: tuple[Node, ...] = ()  # its lowering, if any; the last gives its value

    @property
    def kind(self) -> str:
        """The kind of the node's layer, such as `dense`."""
        return self.layer.kind

    @property
    def shape(self) -> Shape:
        """Shape of one row of the first output."""
        return self.output_specs[0].shape

    @property
    def input_shapes(self) -> tuple[Shape, ...]:
        """Shape of one row of each input."""
        return tuple(spec.shape for spec in self.input_specs)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the values that it gives."""
        return (self.name, *(f"{self.name}:{i}" for i in range(1, len(self.output_specs))))

    @property
    def is_shared(self) -> bool:
        """Whether its weights belong to another node."""
        return self.owner != self.name

    @property
    def weight_shapes(self) -> dict[str, Shape]:
        """The shape of each weight, by its name in the node."""
        return {name: weight.shape for name, weight in self.weights.items()}

    def weight_name(self, weight: str) -> str:
        """The full name of a weight: `owner/weight`."""
        return f"{self.owner}/{weight}"

    def with_shapes(self, inputs: tuple[Shape, ...], output: Shape) -> Node:
        """The node with other shapes of its inputs and its first output."""
        return self._replace(
            input_specs=tuple(map(TensorSpec, inputs)), output_specs=(TensorSpec(output),)
        )


class NamedWeight(NamedTuple):
    """A weight and its full name, `node/weight`."""

    name: str
    weight: Weight


class Scope(NamedTuple):
    """A group of layers in the spec: what it was written as, and where."""

    kind: str  # `sequential`, `residual`, `repeat`, or the name of a block
    path: Path = ()


@dataclass(frozen=True)
class Graph:
    """A network: named inputs, nodes in topological order, and named outputs."""

    name: str
    inputs: Mapping[str, TensorSpec]
    nodes: tuple[Node, ...] = ()
    outputs: Mapping[str, str] = field(default_factory=dict)  # name of an output -> its value
    scopes: Mapping[str, Scope] = field(default_factory=dict)  # name of a group -> what it is

    def replace(self, **changes: Any) -> Graph:
        """A copy with some fields changed."""
        return replace(self, **changes)

    @cached_property
    def by_name(self) -> Mapping[str, Node]:
        """The nodes by name."""
        return {node.name: node for node in self.nodes}

    @cached_property
    def specs(self) -> Mapping[str, TensorSpec]:
        """Shape and dtype of each value."""
        specs = dict(self.inputs)
        for node in self.nodes:
            specs.update(zip(node.outputs, node.output_specs, strict=True))
        return specs

    @cached_property
    def _readers(self) -> Mapping[str, tuple[Node, ...]]:
        readers: dict[str, list[Node]] = {}
        for node in self.nodes:
            for value in dict.fromkeys(node.inputs):
                readers.setdefault(value, []).append(node)
        return {value: tuple(nodes) for value, nodes in readers.items()}

    def uses(self, value: str) -> tuple[Node, ...]:
        """The nodes that read a value, in topological order."""
        return self._readers.get(value, ())

    @cached_property
    def last_reads(self) -> Mapping[str, tuple[str, ...]]:
        """For each node, the values that it reads last; an output of the network is kept."""
        reads: dict[str, list[str]] = {node.name: [] for node in self.nodes}
        for value, readers in self._readers.items():
            if not self.is_output(value):
                reads[readers[-1].name].append(value)
        return {name: tuple(values) for name, values in reads.items()}

    @cached_property
    def reshaped_inputs(self) -> Mapping[str, str]:
        """The values that hold the numbers of a network input, at most reshaped, and that input."""
        sources = {name: name for name in self.inputs}
        for node in self.nodes:
            if node.layer.identity and node.inputs[0] in sources:
                sources[node.name] = sources[node.inputs[0]]
        return sources

    def is_output(self, value: str) -> bool:
        """Whether a value is an output of the network."""
        return value in self.outputs.values()

    def only_reader(self, value: str) -> Node | None:
        """The node that reads a value, if nothing else does and it is no output."""
        readers = self.uses(value)
        single = len(readers) == 1 and readers[0].inputs.count(value) == 1
        return readers[0] if single and not self.is_output(value) else None

    @property
    def input(self) -> str:
        """The name of the first input."""
        return next(iter(self.inputs))

    @property
    def output(self) -> str:
        """The value that is the first output."""
        return next(iter(self.outputs.values()))

    @property
    def is_single(self) -> bool:
        """Whether the network has one input and one output."""
        return len(self.inputs) == len(self.outputs) == 1

    @property
    def input_shape(self) -> Shape:
        """The shape of a row of the first input."""
        return self.inputs[self.input].shape

    @property
    def output_shape(self) -> Shape:
        """The shape of a row of the first output."""
        return self.specs[self.output].shape

    def weights(self) -> Iterator[NamedWeight]:
        """All weights, in the order of the nodes; a shared one once."""
        for node in self.nodes:
            if not node.is_shared:
                for name, weight in node.weights.items():
                    yield NamedWeight(node.weight_name(name), weight)

    def __str__(self) -> str:
        """A stable text form: one line per node."""
        inputs = ", ".join(f"{n} {format_shape(x.shape)}" for n, x in self.inputs.items())
        lines = [f"{self.name}: {inputs}"]
        for node in self.nodes:
            weights = "".join(f" {name}{format_shape(w.shape)}" for name, w in node.weights.items())
            read = ", ".join(node.inputs)
            lines.append(f"{node.name} = {node.kind}({read}) {format_shape(node.shape)}{weights}")
        return "\n".join(lines)
