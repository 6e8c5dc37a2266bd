"""Summary of a network: output shapes, parameters with formulas, FLOPs, activation memory."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count, groupby
from math import prod
from typing import Any, NamedTuple

from nnspec.graph.ir import Graph, Node
from nnspec.options.shapes import format_shape
from nnspec.options.types import Shape

ACTIVATION_BYTES = 4  # a float32


class LayerSummary(NamedTuple):
    """Output shape, parameters and FLOPs of a layer of the spec."""

    name: str
    kind: str
    output_shape: Shape
    parameters: int
    formula: str
    trainable: int
    flops: int


class Summary(NamedTuple):
    """The layers of a network and their totals; FLOPs and bytes of one row's forward pass."""

    name: str
    input_shape: Shape
    output_shape: Shape
    rows: tuple[LayerSummary, ...]

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
        """The content of `summary --json`."""
        return {
            "name": self.name,
            "input_shape": list(self.input_shape),
            "output_shape": list(self.output_shape),
            "layers": [_plain_row(row) for row in self.rows],
            "parameters": self.counts(),
            "flops": self.flops,
            "activation_bytes": self.activation_bytes,
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
    rows = tuple(_row(list(nodes)) for _, nodes in groupby(graph.nodes, lambda node: node.origin))
    return Summary(graph.name, graph.input_shape, graph.output_shape, rows)


def _row(nodes: Sequence[Node]) -> LayerSummary:
    """The summary of the nodes of one layer."""
    weights = [weight for node in nodes for weight in node.weights.values()]
    return LayerSummary(
        nodes[0].origin,
        nodes[0].kind,
        nodes[-1].shape,
        sum(weight.size for weight in weights),
        "+".join(filter(None, (node.layer.formula(*node.input_shapes) for node in nodes))),
        sum(weight.size for weight in weights if weight.trainable),
        sum(node.layer.flops(*node.input_shapes) for node in nodes),
    )


def _plain_row(row: LayerSummary) -> dict[str, Any]:
    """A layer as an item of `layers` in `summary --json`."""
    plain = row._asdict()
    return {
        **plain,
        "output_shape": list(row.output_shape),
        "trainable": row.trainable == row.parameters,
    }


def table(summary: Summary) -> str:
    """Text table of layer, output shape, parameters and formula, followed by the totals."""
    head = ("layer", "output shape", "parameters", "formula")
    body = [
        (_label(row), format_shape(row.output_shape), f"{row.parameters:,}", row.formula)
        for row in summary.rows
    ]
    first = (INPUT_LABEL, format_shape(summary.input_shape), "", "")
    lines = _aligned([head, first, *body])
    rule = "─" * max(map(len, lines))
    return "\n".join([summary.name, rule, lines[0], rule, *lines[1:], rule, *_totals(summary)])


INPUT_LABEL = "input"


def _label(row: LayerSummary) -> str:
    return row.name if row.name.startswith(row.kind) else f"{row.name} ({row.kind})"


def _totals(summary: Summary) -> list[str]:
    other = summary.parameters - summary.trainable
    return [
        f"parameters        {summary.parameters:,}",
        f"  trainable       {summary.trainable:,}",
        f"  non-trainable   {other:,}",
        f"FLOPs per row     {summary.flops:,}",
        f"activations       {summary.activation_bytes:,} bytes per row (float32)",
    ]


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Lines with aligned columns; the third column, of numbers, is right-aligned."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(_cell, row, widths, count())).rstrip() for row in rows]


def _cell(text: str, width: int, column: int) -> str:
    return text.rjust(width) if column == 2 else text.ljust(width)
