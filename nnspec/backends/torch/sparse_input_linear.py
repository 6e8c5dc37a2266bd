"""Large dense layers on network inputs that skip the columns that are 0 in a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import NamedTuple

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


class LargeInputLayer(NamedTuple):
    """A large dense layer on a network input of `columns` numbers."""

    name: str  # of the node
    network_input: str
    columns: int


class ColumnSelection:
    """Selector of the input columns that each `SparseInputLinear` reads, for each batch."""

    def __init__(self, graph: Graph, inputs: Mapping[str, Tensor]) -> None:
        self.layers = [
            layer for layer in large_input_layers(graph)
            if inputs[layer.network_input].device.type == "cpu"
        ]  # fmt: skip
        names = dict.fromkeys(layer.network_input for layer in self.layers)
        self.nonzero = {name: NonzeroColumns(inputs[name].numpy()) for name in names}

    def of_batches(self, batches: Sequence[Indices]) -> list[Mapping[str, Tensor]]:
        """Column indices of each batch by the layer's name, without those that read all columns."""
        return [self._of_batch(batch) for batch in batches]

    def _of_batch(self, batch: Indices) -> Mapping[str, Tensor]:
        columns = {name: nonzero.of_batch(batch) for name, nonzero in self.nonzero.items()}
        return {
            layer.name: torch.from_numpy(columns[layer.network_input])
            for layer in self.layers
            if len(columns[layer.network_input]) <= MAX_NONZERO_SHARE * layer.columns
        }


def large_input_layers(graph: Graph) -> list[LargeInputLayer]:
    """The large dense layers that read a network input, as it is or as one axis."""
    return [
        LargeInputLayer(node.name, graph.reshaped_inputs[node.inputs[0]], node.input_shapes[0][0])
        for node in graph.nodes
        if isinstance(node.layer, Dense) and _is_large(node)
        if node.inputs[0] in graph.reshaped_inputs
    ]


def _is_large(node: Node) -> bool:
    one_axis = len(node.input_shapes[0]) == 1
    return one_axis and prod(node.weights["kernel"].shape) >= MIN_KERNEL_SIZE
