"""Enlargement of channels-last images by whole factors, as torch modules."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from nnspec.backends.interpolation import linear_interpolation
from nnspec.backends.torch.layer_module import LayerModule
from nnspec.components.layers.resampling import UpSampling
from nnspec.graph.ir import Node
from nnspec.options.types import Shape


def up_sampling(layer: UpSampling, node: Node) -> LayerModule:
    """y = x repeated, or interpolated, along each spatial axis."""
    if layer.interpolation == "bilinear":
        return LayerModule(Bilinear(node.input_shapes[0], layer.size))
    return LayerModule(Nearest(layer.size))


class Nearest(nn.Module):
    """Each value of channels-last images, repeated along each spatial axis."""

    def __init__(self, factors: Shape) -> None:
        super().__init__()
        self.factors = factors

    def forward(self, x: Tensor) -> Tensor:
        for axis, factor in enumerate(self.factors, 1):
            x = x.repeat_interleave(factor, axis)
        return x

    def extra_repr(self) -> str:
        return str(self.factors)


class Bilinear(nn.Module):
    """Bilinear interpolation of channels-last images, a matrix product for each axis."""

    down: Tensor
    across: Tensor

    def __init__(self, image: Shape, factors: Shape) -> None:
        super().__init__()
        down, across = (
            torch.tensor(linear_interpolation(size, factor))
            for size, factor in zip(image, factors, strict=False)
        )
        self.register_buffer("down", down, persistent=False)
        self.register_buffer("across", across, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return torch.einsum("ih,jw,nhwc->nijc", self.down, self.across, x)
