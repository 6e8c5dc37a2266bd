"""Convolutions over one, two or three spatial axes as torch modules."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import skip_init

from nnspec.backends.torch.layer_module import LayerModule, WeightLocation
from nnspec.backends.torch.layout import channels_first, channels_last, pad
from nnspec.components.layers.convolution import Convolution, WindowLayer
from nnspec.components.layers.depthwise_convolution import DepthwiseConvolution
from nnspec.components.layers.transposed_convolution import TransposedConvolution
from nnspec.graph.ir import Node
from nnspec.options.shapes import Pads
from nnspec.options.types import Shape

_MEMORY_FORMATS = {2: torch.channels_last, 3: torch.channels_last_3d}


def conv(layer: Convolution, node: Node) -> LayerModule:
    """`nn.Conv1d` to `nn.Conv3d`, the kernel (filters, in / groups, *size)."""
    module = _convolution(layer, node, layer.groups)
    return _layer_module(module, layer.rank)


def depthwise_conv(layer: DepthwiseConvolution, node: Node) -> LayerModule:
    """`nn.Conv1d` or `nn.Conv2d` with a group for each channel, the kernel (in m, 1, *size)."""
    module = _convolution(layer, node, node.input_shapes[0][-1])
    return _layer_module(module, layer.rank, (*layer.kernel_size, 1, node.shape[-1]))


def conv_transpose(layer: TransposedConvolution, node: Node) -> LayerModule:
    """`nn.ConvTranspose1d` to `nn.ConvTranspose3d`, the kernel (in, filters, *size)."""
    module = skip_init(_TRANSPOSED[layer.rank], layer, node.input_shapes[0][-1])
    return _layer_module(module, layer.rank)


def _convolution(layer: WindowLayer, node: Node, groups: int) -> nn.Module:
    channels, filters = node.input_shapes[0][-1], node.shape[-1]
    return skip_init(_CONVOLUTIONS[layer.rank], layer, channels, filters, groups)


def _layer_module(module: nn.Module, rank: int, shape: Shape = ()) -> LayerModule:
    """The module in channels-last memory; its kernel begins with the canonical last two axes."""
    if rank in _MEMORY_FORMATS:
        module.to(memory_format=_MEMORY_FORMATS[rank])  # type: ignore[call-overload]
    kernel = WeightLocation("weight", (rank + 1, rank, *range(rank)), shape)
    return LayerModule(module, {"kernel": kernel, "bias": WeightLocation("bias")})


class _PaddingMixin(nn.Module):
    """Mixin of torch's convolutions: channels-last images, with a padding for each side.

    Torch's operation pads both ends of an axis equally; any other padding is applied before it.
    """

    def __init__(
        self, layer: WindowLayer, channels: int, filters: int, groups: int, device: Any = None
    ) -> None:
        symmetric = all(before == after for before, after in layer.pads)
        super().__init__(
            channels, filters, layer.kernel_size, layer.strides,
            padding=tuple(before for before, _ in layer.pads) if symmetric else 0,
            dilation=layer.dilation_rate, groups=groups, bias=layer.use_bias, device=device,
        )  # fmt: skip
        self.pads: Pads = () if symmetric else layer.pads

    def forward(self, x: Tensor) -> Tensor:
        return channels_last(super().forward(pad(channels_first(x), self.pads)))

    def extra_repr(self) -> str:
        pads = f", pads={self.pads}" if self.pads else ""
        return super().extra_repr() + pads


class Conv1d(_PaddingMixin, nn.Conv1d):
    """`nn.Conv1d` on channels-last sequences."""


class Conv2d(_PaddingMixin, nn.Conv2d):
    """`nn.Conv2d` on channels-last images."""


class Conv3d(_PaddingMixin, nn.Conv3d):
    """`nn.Conv3d` on channels-last volumes."""


class _CropMixin(nn.Module):
    """Mixin of torch's transposed convolutions: channels-last images, cropped on each side."""

    operation: Any
    bias: Tensor | None

    def __init__(self, layer: TransposedConvolution, channels: int, device: Any = None) -> None:
        super().__init__(
            channels, layer.filters, layer.kernel_size, layer.strides,
            dilation=layer.dilation_rate, bias=layer.use_bias, device=device,
        )  # fmt: skip
        places = zip(layer.pads, layer.output_padding or (), strict=True)
        self.crops: Pads = tuple((-start, extra - end) for (start, end), extra in places)

    def forward(self, x: Tensor) -> Tensor:
        y = type(self).operation(
            channels_first(x), self.weight, stride=self.stride, dilation=self.dilation
        )
        y = channels_last(pad(y, self.crops))
        return y if self.bias is None else y + self.bias

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, crops={self.crops}"


class ConvTranspose1d(_CropMixin, nn.ConvTranspose1d):  # type: ignore[misc]
    """`nn.ConvTranspose1d` on channels-last sequences."""

    operation = functional.conv_transpose1d


class ConvTranspose2d(_CropMixin, nn.ConvTranspose2d):  # type: ignore[misc]
    """`nn.ConvTranspose2d` on channels-last images."""

    operation = functional.conv_transpose2d


class ConvTranspose3d(_CropMixin, nn.ConvTranspose3d):  # type: ignore[misc]
    """`nn.ConvTranspose3d` on channels-last volumes."""

    operation = functional.conv_transpose3d


_CONVOLUTIONS = {1: Conv1d, 2: Conv2d, 3: Conv3d}
_TRANSPOSED = {1: ConvTranspose1d, 2: ConvTranspose2d, 3: ConvTranspose3d}
