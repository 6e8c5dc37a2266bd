"""The large dense layer that reads the inputs: it may leave out what a batch does not use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import torch
from torch import Tensor, nn
from torch.nn import functional

from nnspec.backends.contract import Indices
from nnspec.backends.nonzero_columns import NonzeroColumns
from nnspec.components.layers.dense import Dense
from nnspec.graph.ir import Graph, Node

LARGE = 1 << 16  # numbers of a kernel; with a smaller one, to look takes too long
MANY = 3 / 4  # of all inputs: where more are in use, to pick them out costs what it saves


class SparseInputLinear(nn.Linear):
    """y = x W' + b, with W (units, in); or of the inputs in use alone.

    W' lies row by row in memory, so that some of its rows are fetched fast.
    """

    def __init__(self, inputs: int, units: int, *, bias: bool, device: str | None = None) -> None:
        super().__init__(inputs, units, bias=bias, device=device)
        self.weight = nn.Parameter(torch.empty(inputs, units, device=device).t())

    def forward(self, x: Tensor, used: Tensor | None = None) -> Tensor:
        """(rows, in) to (rows, units)."""
        if used is None:
            return super().forward(x)
        rows = self.weight.t().index_select(0, used)
        return functional.linear(x.index_select(1, used), rows.t(), self.bias)


class ColumnSelection:
    """Says of each batch which inputs the layer is to read."""

    def __init__(self, graph: Graph, inputs: Tensor) -> None:
        self.reader = _reader(graph) if inputs.device.type == "cpu" else None
        self.used = NonzeroColumns(inputs.numpy()) if self.reader else None

    def by(self, batches: Sequence[Indices]) -> list[Mapping[str, Tensor]]:
        """The second argument of the layer's module by its name, where there is one to give."""
        if self.reader is None or self.used is None:
            return [{}] * len(batches)
        name, most = self.reader.name, MANY * self.reader.input_shapes[0][0]
        found = map(self.used.by, batches)
        return [{name: torch.from_numpy(each)} if len(each) <= most else {} for each in found]


def _reader(graph: Graph) -> Node | None:
    """The layer, if there is one."""
    for node in graph.nodes:
        if not node.layer.identity:
            return node if isinstance(node.layer, Dense) and _is_large(node) else None
    return None


def _is_large(node: Node) -> bool:
    return prod(node.weights["kernel"].shape) >= LARGE
