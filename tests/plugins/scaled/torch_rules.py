"""The plug-in's rules for PyTorch."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from nnspec.backends.torch.layer_module import LayerModule


class ScaledModule(nn.Module):
    """y = factor x + shift."""

    def __init__(self, factor: float, shift: float) -> None:
        super().__init__()
        self.factor, self.shift = factor, shift

    def forward(self, x: Tensor) -> Tensor:
        return self.factor * x + self.shift


def scaled(layer: Any, _: Any) -> LayerModule:
    """The module; it has no weights."""
    return LayerModule(ScaledModule(layer.factor, layer.shift))


def cubic_error(_: Any, p: Tensor, y: Tensor) -> Tensor:
    """|p - y|^3."""
    return (p - y).abs() ** 3


def within(metric: Any, p: Tensor, y: Tensor) -> Tensor:
    """Whether |p - y| is below the distance."""
    return (p - y).abs() < metric.distance
