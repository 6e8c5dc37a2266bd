"""Conv2D as a torch module."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from nnspec.backends.torch.layer_module import LayerModule, WeightLocation
from nnspec.backends.torch.layout import channels_first, channels_last, pad
from nnspec.components.layers import convolution as layers
from nnspec.graph.ir import Node
from nnspec.options.shapes import Pads


def conv2d(layer: layers.Conv2D, node: Node) -> LayerModule:
    """`nn.Conv2d`, its kernel (filters, in / groups, height, width) in channels-last memory."""
    module = skip_init(Conv2d, layer, channels=node.input_shapes[0][2])
    module.to(memory_format=torch.channels_last)
    return LayerModule(
        module, {"kernel": WeightLocation("weight", (3, 2, 0, 1)), "bias": WeightLocation("bias")}
    )


class Conv2d(nn.Conv2d):
    """`nn.Conv2d` on channels-last images, with a separate padding for each side.

    Torch's operation pads both ends of an axis equally; any other padding is applied before it.
    """

    def __init__(self, layer: layers.Conv2D, channels: int, device: Any = None) -> None:
        (top, bottom), (left, right) = layer.pads
        symmetric = top == bottom and left == right
        super().__init__(
            channels, layer.filters, layer.kernel_size, layer.strides,
            padding=(top, left) if symmetric else 0, dilation=layer.dilation_rate,
            groups=layer.groups, bias=layer.use_bias, device=device,
        )  # fmt: skip
        self.pads: Pads = () if symmetric else layer.pads

    def forward(self, x: Tensor) -> Tensor:
        return channels_last(super().forward(pad(channels_first(x), self.pads)))

    def extra_repr(self) -> str:
        pads = f", pads={self.pads}" if self.pads else ""
        return super().extra_repr() + pads
