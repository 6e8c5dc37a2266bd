"""Pooling layers as torch modules. Max pooling picks the first of equal values, row-major."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from nnspec.backends.torch.layer_module import LayerModule
from nnspec.backends.torch.layout import channels_first, channels_last, pad
from nnspec.components.layers import pooling as layers
from nnspec.components.layers.global_pooling import GlobalAveragePooling2D, GlobalMaxPooling2D
from nnspec.graph.ir import Node
from nnspec.options.types import Shape


def max_pooling2d(layer: layers.MaxPooling2D, node: Node) -> LayerModule:
    """y = the maximum of each window; torch takes the first of equal values."""
    return LayerModule(MaxPool2d(layer))


def average_pooling2d(layer: layers.AveragePooling2D, node: Node) -> LayerModule:
    """y = the mean of each window, padding not counted."""
    return LayerModule(AvgPool2d(layer, node.input_shapes[0]))


def global_max_pooling2d(layer: GlobalMaxPooling2D, node: Node) -> LayerModule:
    """y = the maximum of each channel; torch takes the first of equal values."""
    return LayerModule(GlobalMaxPool2d(keepdims=layer.keepdims))


def global_average_pooling2d(layer: GlobalAveragePooling2D, node: Node) -> LayerModule:
    """y = the mean of each channel."""
    return LayerModule(GlobalAvgPool2d(keepdims=layer.keepdims))


class Pool2d(nn.Module):
    """Base of pooling modules on channels-last images."""

    def __init__(self, layer: layers.Pooling2D) -> None:
        super().__init__()
        self.size, self.pads = layer.pool_size, layer.pads
        self.strides = layer.strides or layer.pool_size

    def extra_repr(self) -> str:
        return f"{self.size}, strides={self.strides}, pads={self.pads}"


class MaxPool2d(Pool2d):
    """Maximum of each window; the padding is -inf, so that it is never the maximum."""

    def forward(self, x: Tensor) -> Tensor:
        image = pad(channels_first(x), self.pads, -math.inf)
        return channels_last(functional.max_pool2d(image, self.size, self.strides))


class AvgPool2d(Pool2d):
    """Sum of each window divided by the number of its elements that are not padding."""

    counts: Tensor

    def __init__(self, layer: layers.Pooling2D, image: Shape) -> None:
        super().__init__(layer)
        counts = self._window_sums(torch.ones(1, 1, *image[:2]))
        self.register_buffer("counts", counts, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return channels_last(self._window_sums(channels_first(x)) / self.counts)

    def _window_sums(self, x: Tensor) -> Tensor:
        image = pad(x, self.pads)
        return functional.avg_pool2d(image, self.size, self.strides, divisor_override=1)


class GlobalPool2d(nn.Module):
    """Base of poolings over whole channels-last images; `keepdims` keeps axes of size 1."""

    def __init__(self, *, keepdims: bool) -> None:
        super().__init__()
        self.keepdims = keepdims

    def extra_repr(self) -> str:
        return f"keepdims={self.keepdims}"


class GlobalMaxPool2d(GlobalPool2d):
    """Maximum of each channel; of equal values the first in row-major order gets the gradient."""

    def forward(self, x: Tensor) -> Tensor:
        y = x.flatten(1, 2).max(1).values
        return y[:, None, None] if self.keepdims else y


class GlobalAvgPool2d(GlobalPool2d):
    """Mean of each channel."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((1, 2), keepdim=self.keepdims)
