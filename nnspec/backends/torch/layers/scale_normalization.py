"""Normalization layers that divide by a root of squares, as torch modules."""

from __future__ import annotations

from math import prod

import torch
from torch import Tensor, nn
from torch.nn import functional

from nnspec.backends.torch.layer_module import LayerModule, WeightLocation
from nnspec.components.layers import scale_normalization as layers
from nnspec.graph.ir import Node


def unit_normalization(layer: layers.UnitNormalization, node: Node) -> LayerModule:
    """y = x / max(|x|, 1e-12) over axes of each row."""
    return LayerModule(UnitNorm(layer))


def rms_normalization(layer: layers.RMSNormalization, node: Node) -> LayerModule:
    """y = scale x / sqrt(mean x^2 + epsilon) over axes of each row."""
    shape = node.weights["scale"].shape
    return LayerModule(RMSNorm(layer, shape), {"scale": WeightLocation("weight")})


def local_response_normalization(
    layer: layers.LocalResponseNormalization, node: Node
) -> LayerModule:
    """y = x / (k + alpha / size sum x^2)^beta, over windows of channels."""
    return LayerModule(LocalResponseNorm(layer))


class UnitNorm(nn.Module):
    """`functional.normalize` over several axes, counted from the end."""

    def __init__(self, layer: layers.UnitNormalization) -> None:
        super().__init__()
        self.axes = layer.axis

    def forward(self, x: Tensor) -> Tensor:
        squares = (x * x).sum(self.axes, keepdim=True)
        return x / torch.sqrt(torch.clamp(squares, min=layers.MIN_NORM**2))

    def extra_repr(self) -> str:
        return f"axes={self.axes}"


class RMSNorm(nn.Module):
    """`nn.RMSNorm` over any axes of a row, counted from the end."""

    def __init__(self, layer: layers.RMSNormalization, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.axes, self.eps = layer.axis, layer.epsilon
        self.last = tuple(range(-len(shape), 0))
        self.weight = nn.Parameter(torch.ones(shape))

    def forward(self, x: Tensor) -> Tensor:
        moved = x.movedim(self.axes, self.last)
        y = functional.rms_norm(moved, self.weight.shape, self.weight, self.eps)
        return y.movedim(self.last, self.axes)

    def extra_repr(self) -> str:
        return f"{tuple(self.weight.shape)}, axes={self.axes}, eps={self.eps}"


class LocalResponseNorm(nn.Module):
    """`nn.LocalResponseNorm` for channels-last rows of any rank."""

    def __init__(self, layer: layers.LocalResponseNormalization) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        one = self.layer
        channels_first = x.reshape(len(x), prod(x.shape[1:-1]), x.shape[-1]).movedim(-1, 1)
        y = functional.local_response_norm(channels_first, one.size, one.alpha, one.beta, one.k)
        return y.movedim(1, -1).reshape(x.shape)

    def extra_repr(self) -> str:
        one = self.layer
        return f"{one.size}, alpha={one.alpha}, beta={one.beta}, k={one.k}"
