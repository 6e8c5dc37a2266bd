"""Pooling to a given size, as torch modules."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from nnspec.backends.torch.layer_module import LayerModule
from nnspec.backends.torch.layout import channels_first, channels_last
from nnspec.components.layers.adaptive_pooling import AdaptivePooling
from nnspec.graph.ir import Node
from nnspec.options.types import Shape

_AVERAGE: dict[int, Any] = {
    1: functional.adaptive_avg_pool1d,
    2: functional.adaptive_avg_pool2d,
    3: functional.adaptive_avg_pool3d,
}
_MAX: dict[int, Any] = {
    1: functional.adaptive_max_pool1d,
    2: functional.adaptive_max_pool2d,
    3: functional.adaptive_max_pool3d,
}


def adaptive_average_pooling(layer: AdaptivePooling, node: Node) -> LayerModule:
    """y = the mean of each bin."""
    return LayerModule(AdaptiveAvgPool(layer.output_size))


def adaptive_max_pooling(layer: AdaptivePooling, node: Node) -> LayerModule:
    """y = the maximum of each bin; torch takes the first of equal values."""
    return LayerModule(AdaptiveMaxPool(layer.output_size))


class AdaptivePool(nn.Module):
    """Base of poolings of channels-last images to a given size."""

    def __init__(self, output_size: Shape) -> None:
        super().__init__()
        self.output_size = output_size

    def extra_repr(self) -> str:
        return str(self.output_size)


class AdaptiveAvgPool(AdaptivePool):
    """Mean of each bin."""

    def forward(self, x: Tensor) -> Tensor:
        pool = _AVERAGE[len(self.output_size)]
        return channels_last(pool(channels_first(x), self.output_size))


class AdaptiveMaxPool(AdaptivePool):
    """Maximum of each bin."""

    def forward(self, x: Tensor) -> Tensor:
        pool = _MAX[len(self.output_size)]
        return channels_last(pool(channels_first(x), self.output_size))
