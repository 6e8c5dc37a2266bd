"""Flatten and reshape as torch modules."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nnspec.backends.torch.rules import LayerModule
from nnspec.components.layers.reshaping import Flatten, Reshape
from nnspec.graph.ir import Node


def reshape(_: Flatten | Reshape, node: Node) -> LayerModule:
    """The same numbers, in row-major channels-last order, under another shape."""
    return LayerModule(Shaped(node.shape))


class Shaped(nn.Module):
    """Gives rows a shape."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = tuple(map(int, shape))

    def forward(self, x: Tensor) -> Tensor:
        return torch.reshape(x, (len(x), *self.shape))

    def extra_repr(self) -> str:
        return str(self.shape)
