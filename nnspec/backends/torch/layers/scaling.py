"""Layers that multiply by numbers and add numbers, as torch modules."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nnspec.backends.torch.layer_module import LayerModule, WeightLocation
from nnspec.components.layers import scaling as layers
from nnspec.graph.ir import Node


def layer_scale(_: layers.LayerScale, node: Node) -> LayerModule:
    """y = gamma x."""
    return LayerModule(Scale(int(node.shape[-1])), {"gamma": WeightLocation("weight")})


def rescaling(layer: layers.Rescaling, node: Node) -> LayerModule:
    """y = scale x + offset."""
    return LayerModule(Rescale(layer))


class Scale(nn.Module):
    """Product with a trained number for each channel, the last axis."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weight

    def extra_repr(self) -> str:
        return str(len(self.weight))


class Rescale(nn.Module):
    """y = scale x + offset, with given numbers."""

    def __init__(self, layer: layers.Rescaling) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        return x * x.new_tensor(self.layer.scale) + x.new_tensor(self.layer.offset)

    def extra_repr(self) -> str:
        return f"scale={self.layer.scale}, offset={self.layer.offset}"
