"""Layers that multiply by numbers and add numbers, as torch modules."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from nnspec.backends.torch.layer_module import LayerModule, WeightLocation
from nnspec.components.layers import scaling as layers
from nnspec.graph.ir import Node
from nnspec.options.types import Shape


def layer_scale(_: layers.LayerScale, node: Node) -> LayerModule:
    """y = gamma x."""
    return LayerModule(Scale(int(node.shape[-1])), {"gamma": WeightLocation("weight")})


def rescaling(layer: layers.Rescaling, node: Node) -> LayerModule:
    """y = scale x + offset."""
    return LayerModule(Rescale(layer))


def normalization(layer: layers.Normalization, node: Node) -> LayerModule:
    """y = (x - mean) / deviation, or x deviation + mean."""
    sizes = node.weight_shapes
    return LayerModule(Normalize(layer, sizes), {name: WeightLocation(name) for name in sizes})


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


class Normalize(nn.Module):
    """y = (x - mean) / deviation, with given numbers, or with those of buffers."""

    mean: Tensor
    variance: Tensor

    def __init__(self, layer: layers.Normalization, sizes: Mapping[str, Shape]) -> None:
        super().__init__()
        self.layer = layer
        for name, size in sizes.items():
            self.register_buffer(name, torch.full(size, 1.0 if name == "variance" else 0.0))

    def forward(self, x: Tensor) -> Tensor:
        shape = self.layer.broadcast_shape(tuple(x.shape[1:]))
        mean, variance = (n.reshape(shape) for n in self._numbers(x))
        deviation = variance.sqrt().clamp_min(layers.MIN_DEVIATION)
        return x * deviation + mean if self.layer.invert else (x - mean) / deviation

    def _numbers(self, x: Tensor) -> tuple[Tensor, Tensor]:
        if self.layer.mean is None:
            return self.mean, self.variance
        return x.new_tensor(self.layer.mean), x.new_tensor(self.layer.variance)

    def extra_repr(self) -> str:
        return f"axis={self.layer.axis}, invert={self.layer.invert}"
