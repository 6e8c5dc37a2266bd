"""Layers that change the shape, as torch modules."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nnspec.backends.torch.layer_module import LayerModule
from nnspec.components.layers.reshaping import Flatten, Permute, RepeatVector, Reshape
from nnspec.graph.ir import Node


def reshape(_: Flatten | Reshape, node: Node) -> LayerModule:
    """Rows reshaped to the node's shape, in row-major channels-last order."""
    return LayerModule(ReshapeModule(node.shape))


def permute(layer: Permute, node: Node) -> LayerModule:
    """Axis i of the output is axis dims[i] of the input; axis 0 is that of the rows."""
    return LayerModule(PermuteModule(layer.dims))


def repeat_vector(layer: RepeatVector, node: Node) -> LayerModule:
    """Each row n times."""
    return LayerModule(RepeatModule(layer.n))


class ReshapeModule(nn.Module):
    """Reshape (rows, ...) to (rows, *shape)."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = tuple(map(int, shape))

    def forward(self, x: Tensor) -> Tensor:
        return torch.reshape(x, (len(x), *self.shape))

    def extra_repr(self) -> str:
        return str(self.shape)


class PermuteModule(nn.Module):
    """View of (rows, ...) with the other axes, counted from 1, in another order."""

    def __init__(self, dims: tuple[int, ...]) -> None:
        super().__init__()
        self.dims = dims

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, *self.dims)

    def extra_repr(self) -> str:
        return str(self.dims)


class RepeatModule(nn.Module):
    """(rows, features) to (rows, n, features)."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.n = n

    def forward(self, x: Tensor) -> Tensor:
        return x.unsqueeze(1).repeat(1, self.n, 1)

    def extra_repr(self) -> str:
        return str(self.n)
