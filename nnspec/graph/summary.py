"""Summary of a network: what each layer reads, shapes, parameters with formulas, FLOPs, memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from math import prod
from typing import Any, NamedTuple

from nnspec.errors import check_type
from nnspec.graph.ir import Graph, Node, Scope
from nnspec.options.tensor_spec import TensorSpec
from nnspec.options.types import Shape
from nnspec.options.unknown_size import known

ACTIVATION_BYTES = 4  # a float32


class LayerSummary(NamedTuple):
    """Output shape, parameters and FLOPs of a layer of the spec, and what it reads.

    The parameters of a layer that shares its weights are counted at their owner.
    """

    name: str
    kind: str
    output_shape: Shape
    parameters: int
    formula: str
    trainable: int
    flops: int
    inputs: tuple[str, ...] = ()  # names of layers and of network inputs
    scope: str | None = None  # the innermost group that it stands in
    shared_with: str | None = None  # the layer whose weights it uses


class OutputSummary(NamedTuple):
    """An output of a network: the layer that gives it, shape and dtype."""

    layer: str
    spec: TensorSpec


class Summary(NamedTuple):
    """The layers of a network and their totals; FLOPs and bytes of one row's forward pass."""

    name: str
    inputs: Mapping[str, TensorSpec]
    outputs: Mapping[str, OutputSummary]
    rows: tuple[LayerSummary, ...]
    scopes: Mapping[str, Scope]

    @property
    def parameters(self) -> int:
        """The number of parameters."""
        return sum(row.parameters for row in self.rows)

    @property
    def trainable(self) -> int:
        """The number of trainable parameters."""
        return sum(row.trainable for row in self.rows)

    @property
    def flops(self) -> int:
        """Floating-point operations of one row's forward pass."""
        return sum(row.flops for row in self.rows)

    @property
    def activation_bytes(self) -> int:
        """Bytes of the layers' outputs for one row in float32."""
        return ACTIVATION_BYTES * sum(prod(row.output_shape) for row in self.rows)

    def plain(self) -> dict[str, Any]:
        """The content of `summary --json`; `input_shape` and `output_shape` are the first ones."""
        inputs = {name: _plain_spec(spec) for name, spec in self.inputs.items()}
        outputs = {n: {"layer": o.layer, **_plain_spec(o.spec)} for n, o in self.outputs.items()}
        return {
            "name": self.name,
            "input_shape": next(iter(inputs.values()))["shape"],
            "output_shape": next(iter(outputs.values()))["shape"],
            "inputs": inputs,
            "outputs": outputs,
            "layers": [_plain_row(row) for row in self.rows],
            "parameters": self.counts(),
            "flops": known(self.flops),
            "activation_bytes": known(self.activation_bytes),
        }

    def counts(self) -> dict[str, int]:
        """Total, trainable and non-trainable parameters."""
        return {
            "total": self.parameters,
            "trainable": self.trainable,
            "non_trainable": self.parameters - self.trainable,
        }


def summarise(graph: Graph) -> Summary:
    """The summary of a resolved graph: one row per layer of the spec."""
    check_type(graph, Graph, "nnspec.compile makes one of a spec")
    origins = dict(zip(graph.inputs, graph.inputs, strict=True))
    origins.update((value, node.origin) for node in graph.nodes for value in node.outputs)
    scopes = _ScopesOfLayers(graph.scopes)
    layers = groupby(graph.nodes, lambda node: node.origin)
    rows = tuple(_row(list(nodes), origins, scopes.of(name)) for name, nodes in layers)
    outputs = {
        name: OutputSummary(origins[value], graph.specs[value])
        for name, value in graph.outputs.items()
    }
    return Summary(graph.name, graph.inputs, outputs, rows, graph.scopes)


class _ScopesOfLayers:
    """The innermost group in which a layer stands, by the layer's name."""

    def __init__(self, scopes: Mapping[str, Scope]) -> None:
        self.scopes = scopes
        self.known: dict[str, str | None] = {"": None}  # the group of a prefix of names

    def of(self, name: str) -> str | None:
        """The group of the layer with this name; None where it stands in none."""
        prefix = name.rpartition("/")[0]
        if prefix not in self.known:
            self.known[prefix] = prefix if prefix in self.scopes else self.of(prefix)
        return self.known[prefix]


def _row(nodes: Sequence[Node], origins: Mapping[str, str], scope: str | None) -> LayerSummary:
    """The summary of the nodes of one layer."""
    first, shared = nodes[0], nodes[0].is_shared
    weights = [] if shared else [weight for node in nodes for weight in node.weights.values()]
    return LayerSummary(
        first.origin,
        first.kind,
        nodes[-1].shape,
        sum(weight.size for weight in weights),
        "" if shared else "+".join(filter(None, map(_formula, nodes))),
        sum(weight.size for weight in weights if weight.trainable),
        sum(map(_flops, nodes)),
        tuple(origins[value] for value in first.inputs),
        scope,
        origins[first.owner] if shared else None,
    )


def _formula(node: Node) -> str:
    """The parameter count of a node, or of the layers that it is lowered to."""
    if node.body:
        return "+".join(filter(None, map(_formula, node.body)))
    return node.layer.formula(*node.input_shapes)


def _flops(node: Node) -> int:
    """The FLOPs of a node, or of the layers that it is lowered to."""
    if node.body:
        return sum(map(_flops, node.body))
    return node.layer.flops(*node.input_shapes)


def _plain_spec(spec: TensorSpec) -> dict[str, Any]:
    return {"shape": list(map(known, spec.shape)), "dtype": spec.dtype}


def _plain_row(row: LayerSummary) -> dict[str, Any]:
    """A layer as an item of `layers` in `summary --json`."""
    return {
        **row._asdict(),
        "output_shape": list(map(known, row.output_shape)),
        "flops": known(row.flops),
        "trainable": row.trainable == row.parameters,
        "inputs": list(row.inputs),
    }
