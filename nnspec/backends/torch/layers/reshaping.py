"""Flatten and Reshape as torch modules."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nnspec.backends.torch.layer_module import LayerModule
from nnspec.components.layers.reshaping import Flatten, Reshape
from nnspec.graph.ir import Node


def reshape(_: Flatten | Reshape, node: Node) -> LayerModule:
    """Rows reshaped to the node's shape, in row-major channels-last order."""
    return LayerModule(ReshapeModule(node.shape))


class ReshapeModule(nn.Module):
    """Reshape (rows, ...) to (rows, *shape)."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = tuple(map(int, shape))

    def forward(self, x: Tensor) -> Tensor:
        return torch.reshape(x, (len(x), *self.shape))

    def extra_repr(self) -> str:
        return str(self.shape)
