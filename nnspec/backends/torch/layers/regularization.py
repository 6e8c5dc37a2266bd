"""Rules for layers that are random in training; what they draw is handed to them."""

from __future__ import annotations

from torch import Tensor, nn

from nnspec.backends.torch.rules import LayerModule
from nnspec.components.layers import regularization as layers
from nnspec.graph.ir import Node


def dropout(layer: layers.Dropout | layers.SpatialDropout2D, node: Node) -> LayerModule:
    """y = x / (1 - rate) where the mask keeps x, else 0."""
    return LayerModule(DropoutModule(layer.rate))


def gaussian_noise(_: layers.GaussianNoise, node: Node) -> LayerModule:
    """y = x + what was drawn."""
    return LayerModule(NoiseModule())


class DropoutModule(nn.Module):
    """`nn.Dropout` with the mask given; without one, the identity."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor, keep: Tensor | None = None) -> Tensor:
        return x if keep is None else x * (keep.to(x.dtype) * (1 / (1 - self.rate)))

    def extra_repr(self) -> str:
        return f"{self.rate}"


class NoiseModule(nn.Module):
    """Adds what is given; without it, the identity."""

    def forward(self, x: Tensor, drawn: Tensor | None = None) -> Tensor:
        return x if drawn is None else x + drawn
