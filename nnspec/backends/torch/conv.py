"""The rule for convolutions."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from nnspec.backends.torch.images import channels_first, channels_last, padded
from nnspec.backends.torch.rules import Built, Place, rule
from nnspec.graph import Node
from nnspec.layers import conv as layers
from nnspec.layers.geometry import Pads


@rule.register(layers.Conv2D)
def conv2d(layer: layers.Conv2D, node: Node) -> Built:
    """`nn.Conv2d`, its kernel (filters, in / groups, height, width) in channels-last memory."""
    module = skip_init(
        Conv2d, node.input_shapes[0][2], layer.filters, layer.kernel_size,
        pads=layer.pads, stride=layer.strides, dilation=layer.dilation_rate,
        groups=layer.groups, bias=layer.use_bias,
    ).to(memory_format=torch.channels_last)  # fmt: skip
    return Built(module, {"kernel": Place("weight", (3, 2, 0, 1)), "bias": Place("bias")})


class Conv2d(nn.Conv2d):
    """`nn.Conv2d` on channels-last images, with its own padding for each side.

    Torch's operation pads the two ends of an axis alike; any other padding is made beforehand.
    """

    def __init__(self, *sizes: Any, pads: Pads, device: Any = None, **options: Any) -> None:
        alike = all(before == after for before, after in pads)
        padding = tuple(before for before, _ in pads) if alike else 0
        super().__init__(*sizes, padding=padding, device=device, **options)
        self.pads: Pads = () if alike else pads

    def forward(self, x: Tensor) -> Tensor:
        return channels_last(super().forward(padded(channels_first(x), self.pads)))

    def extra_repr(self) -> str:
        pads = f", pads={self.pads}" if self.pads else ""
        return super().extra_repr() + pads
