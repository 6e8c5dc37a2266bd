"""Large dense layer on the network's inputs that skips the columns that are 0 in a batch."""

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

MIN_KERNEL_SIZE = 1 << 16  # elements; for a smaller kernel, finding the columns costs too much
MAX_NONZERO_SHARE = 3 / 4  # of the columns; above it, gathering them costs what it saves


class SparseInputLinear(nn.Linear):
    """y = x W' + b, with W (units, in), over all columns of x or only the given ones.

    W' is contiguous, so that gathering some of its rows is fast.
    """

    def __init__(self, inputs: int, units: int, *, bias: bool, device: str | None = None) -> None:
        super().__init__(inputs, units, bias=bias, device=device)
        self.weight = nn.Parameter(torch.empty(inputs, units, device=device).t())

    def forward(self, x: Tensor, columns: Tensor | None = None) -> Tensor:
        """x (rows, in) to y (rows, units); `columns` are the indices of the inputs to read."""
        if columns is None:
            return super().forward(x)
        rows = self.weight.t().index_select(0, columns)
        return functional.linear(x.index_select(1, columns), rows.t(), self.bias)


class ColumnSelection:
    """Selector of the input columns that a `SparseInputLinear` reads, for each batch."""

    def __init__(self, graph: Graph, inputs: Tensor) -> None:
        self.node = _large_input_layer(graph) if inputs.device.type == "cpu" else None
        self.nonzero = NonzeroColumns(inputs.numpy()) if self.node else None

    def of_batches(self, batches: Sequence[Indices]) -> list[Mapping[str, Tensor]]:
        """Column indices of each batch by the layer's name; empty where it reads all columns."""
        if self.node is None or self.nonzero is None:
            return [{}] * len(batches)
        name, most = self.node.name, MAX_NONZERO_SHARE * self.node.input_shapes[0][0]
        selected = map(self.nonzero.of_batch, batches)
        return [{name: torch.from_numpy(each)} if len(each) <= most else {} for each in selected]


def _large_input_layer(graph: Graph) -> Node | None:
    """The node that reads the network's inputs, if it is a large dense layer."""
    for node in graph.nodes:
        if not node.layer.identity:
            return node if isinstance(node.layer, Dense) and _is_large(node) else None
    return None


def _is_large(node: Node) -> bool:
    return prod(node.weights["kernel"].shape) >= MIN_KERNEL_SIZE
