"""Pooling layers as torch modules. Max pooling picks the first of equal values, row-major."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from nnspec.backends.torch.layer_module import LayerModule
from nnspec.backends.torch.layout import channels_first, channels_last, pad
from nnspec.backends.window_places import window_places
from nnspec.components.layers import pooling as layers
from nnspec.components.layers.global_pooling import GlobalPooling
from nnspec.graph.ir import Node
from nnspec.options.types import Shape

_MAX_POOL = {1: functional.max_pool1d, 2: functional.max_pool2d, 3: functional.max_pool3d}


def max_pooling(layer: layers.Pooling, node: Node) -> LayerModule:
    """y = the maximum of each window; torch takes the first of equal values."""
    return LayerModule(MaxPool(layer))


def average_pooling(layer: layers.Pooling, node: Node) -> LayerModule:
    """y = the mean of each window, padding not counted."""
    return LayerModule(AvgPool(layer, node.input_shapes[0]))


def global_max_pooling(layer: GlobalPooling, node: Node) -> LayerModule:
    """y = the maximum of each channel; torch takes the first of equal values."""
    return LayerModule(GlobalMaxPool(layer))


def global_average_pooling(layer: GlobalPooling, node: Node) -> LayerModule:
    """y = the mean of each channel."""
    return LayerModule(GlobalAvgPool(layer))


class Pool(nn.Module):
    """Base of pooling modules on channels-last images."""

    def __init__(self, layer: layers.Pooling) -> None:
        super().__init__()
        self.size, self.strides, self.pads = layer.pool_size, layer.steps, layer.pads
        self.dilation = layer.dilation_rate

    def extra_repr(self) -> str:
        text = f"{self.size}, strides={self.strides}, pads={self.pads}"
        return text if max(self.dilation) == 1 else f"{text}, dilation={self.dilation}"


class MaxPool(Pool):
    """Maximum of each window; the padding is -inf, so that it is never the maximum."""

    def forward(self, x: Tensor) -> Tensor:
        image = pad(channels_first(x), self.pads, -math.inf)
        pool = _MAX_POOL[len(self.size)]
        return channels_last(pool(image, self.size, self.strides, dilation=self.dilation))


class AvgPool(Pool):
    """Sum of each window divided by the number of its elements that are not padding.

    Torch's own windows have no holes: the places of such are gathered first, side by side.
    """

    counts: Tensor

    def __init__(self, layer: layers.Pooling, image: Shape) -> None:
        super().__init__(layer)
        self.windows = layer.output_shape(image)[:-1]
        counts = self._window_sums(torch.ones(1, 1, *image[:-1]))
        self.register_buffer("counts", counts, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return channels_last(self._window_sums(channels_first(x)) / self.counts)

    def _window_sums(self, x: Tensor) -> Tensor:
        """The sum of each window; torch has no 1-D one, so that a sequence is an image's row."""
        image, strides, rank = pad(x, self.pads), self.strides, len(self.size)
        if max(self.dilation) > 1:
            image, strides = self._gathered(image), self.size
        if rank == 3:
            return functional.avg_pool3d(image, self.size, strides, divisor_override=1)
        if rank == 2:
            return functional.avg_pool2d(image, self.size, strides, divisor_override=1)
        size, strides = (1, *self.size), (1, *strides)
        sums = functional.avg_pool2d(image[:, :, None], size, strides, divisor_override=1)
        return sums[:, :, 0]

    def _gathered(self, image: Tensor) -> Tensor:
        """The places of all windows of padded channels-first images."""
        axes = zip(self.windows, self.size, self.strides, self.dilation, strict=True)
        for axis, windows in enumerate(axes, 2):
            places = torch.from_numpy(window_places(*windows)).to(image.device)
            image = image.index_select(axis, places)
        return image


class GlobalPool(nn.Module):
    """Base of poolings over whole channels-last images; `keepdims` keeps axes of size 1."""

    def __init__(self, layer: GlobalPooling) -> None:
        super().__init__()
        self.axes, self.keepdims = tuple(range(1, layer.rank + 1)), layer.keepdims

    def extra_repr(self) -> str:
        return f"keepdims={self.keepdims}"


class GlobalMaxPool(GlobalPool):
    """Maximum of each channel; of equal values the first in row-major order gets the gradient."""

    def forward(self, x: Tensor) -> Tensor:
        y = x.flatten(1, -2).max(1).values
        return y.reshape(len(y), *(1 for _ in self.axes), y.shape[-1]) if self.keepdims else y


class GlobalAvgPool(GlobalPool):
    """Mean of each channel."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(self.axes, keepdim=self.keepdims)
