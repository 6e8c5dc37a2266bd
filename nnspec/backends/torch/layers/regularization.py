"""Dropout and noise layers as torch modules; in training they get their noise as an input."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nnspec.backends.torch.layer_module import LayerModule
from nnspec.components.layers import regularization as layers
from nnspec.graph.ir import Node


def dropout(layer: layers.MaskLayer, node: Node) -> LayerModule:
    """y = x mask / (1 - rate)."""
    return LayerModule(DropoutModule(layer.rate))


def gaussian_noise(_: layers.GaussianNoise, node: Node) -> LayerModule:
    """y = x + noise."""
    return LayerModule(NoiseModule())


def gaussian_dropout(_: layers.GaussianDropout, node: Node) -> LayerModule:
    """y = x (1 + noise)."""
    return LayerModule(FactorModule())


def alpha_dropout(layer: layers.AlphaDropout, node: Node) -> LayerModule:
    """y = a x + b where the mask is 1, else a v + b, v the value of what is dropped."""
    return LayerModule(AlphaDropoutModule(layer))


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


class FactorModule(nn.Module):
    """y = x (1 + noise); without noise, the identity."""

    def forward(self, x: Tensor, noise: Tensor | None = None) -> Tensor:
        return x if noise is None else x * (noise.to(x.dtype) + 1)


class AlphaDropoutModule(nn.Module):
    """`nn.AlphaDropout` with the mask as an argument; without a mask, the identity."""

    def __init__(self, layer: layers.AlphaDropout) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        if mask is None:
            return x
        kept = torch.where(mask.bool(), x, self.layer.dropped_value)
        return kept * self.layer.scale + self.layer.offset

    def extra_repr(self) -> str:
        return f"{self.layer.rate}"
