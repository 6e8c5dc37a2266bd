"""Dropout and noise layers as torch modules; in training they get their noise as an input."""

from __future__ import annotations

from torch import Tensor, nn

from nnspec.backends.torch.layer_module import LayerModule
from nnspec.components.layers import regularization as layers
from nnspec.graph.ir import Node


def dropout(layer: layers.Dropout | layers.SpatialDropout2D, node: Node) -> LayerModule:
    """y = x mask / (1 - rate)."""
    return LayerModule(DropoutModule(layer.rate))


def gaussian_noise(_: layers.GaussianNoise, node: Node) -> LayerModule:
    """y = x + noise."""
    return LayerModule(NoiseModule())


class DropoutModule(nn.Module):
    """`nn.Dropout` with the mask as an argument; without a mask, the identity."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        return x if mask is None else x * (mask.to(x.dtype) * (1 / (1 - self.rate)))

    def extra_repr(self) -> str:
        return f"{self.rate}"


class NoiseModule(nn.Module):
    """y = x + noise; without noise, the identity."""

    def forward(self, x: Tensor, noise: Tensor | None = None) -> Tensor:
        return x if noise is None else x + noise
