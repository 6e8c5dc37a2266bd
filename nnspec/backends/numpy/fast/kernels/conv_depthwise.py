"""Convolution of each channel by itself: a product and a sum for each place of the kernel."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy.fast.blocks import BlockContext, BlockedTensor, adding_per_channel
from nnspec.backends.numpy.fast.kernels.padding import PaddedImage
from nnspec.backends.numpy.fast.plan import Gradients, Kernel, run_in_order
from nnspec.backends.numpy.fast.threads import Task
from nnspec.backends.numpy.windows import Windows, conv_windows


def conv_depthwise(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = b + sum over places of x seen from there, times W; one filter a channel."""
    y, windows = context.output(), conv_windows(context.node)
    arrays = zip(x.values, x.gradients, y.values, y.gradients, strict=True)
    blocks = [
        _Block(context, windows, PaddedImage(windows, values, dx), after, dy)
        for values, dx, after, dy in arrays
    ]
    forward = [run_in_order(block.forward()) for block in blocks]
    if not context.training:
        return Kernel(y, [forward])
    found = _Gradients(context, len(windows.places()))
    parts = zip(blocks, found.kernel, found.bias, strict=True)
    backward = [run_in_order(block.backward(*both)) for block, *both in parts]
    return Kernel(y, [forward], [backward], after=[Gradients(found.join, context.parts())])


class _Gradients:
    """The weights' gradients from those of the blocks."""

    def __init__(self, context: BlockContext, places: int) -> None:
        blocks, channels = len(context.blocks.spans), context.shape[-1]
        self.context = context
        self.kernel = np.empty((blocks, places, channels), context.dtype)
        self.bias = np.empty((blocks, channels), context.dtype)

    def join(self) -> None:
        """Added in the blocks' order."""
        kernel = self.context.gradient("kernel")
        np.add.reduce(self.kernel, axis=0, out=kernel.reshape(self.kernel.shape[1:]))
        if self.context.has("bias"):
            np.add.reduce(self.bias, axis=0, out=self.context.gradient("bias"))


class _Block:
    """One block. Rows and channels are one axis, so that element-wise functions have long runs."""

    def __init__(
        self, context: BlockContext, windows: Windows, frame: PaddedImage, y: Array, dy: Array
    ) -> None:
        self.context, self.frame, self.places, self.output = context, frame, windows.places(), y
        self.y, self.dy, self.padded = _joined(y), _joined(dy), _joined(frame.image)
        self.share = np.empty_like(self.y)
        self.kernel = np.empty((len(self.places), *y.shape[2:]), y.dtype)
        self.ones = np.ones(self.y.shape[0] * self.y.shape[1], y.dtype)

    def forward(self) -> Iterator[Task]:
        """The kernel is repeated for every row first."""
        weight = self.context.weight("kernel").reshape(len(self.places), 1, -1)
        yield partial(np.copyto, self.kernel, weight)
        yield from self.frame.read()
        for number, place in enumerate(self.places):
            target = self.share if number else self.y
            yield partial(np.multiply, self.padded[place], self._of(number), out=target)
            if number:
                yield partial(np.add, self.y, self.share, out=self.y)
        if self.context.has("bias"):
            yield from adding_per_channel(self.context.weight("bias"), self.output)

    def backward(self, kernel: Array, bias: Array) -> Iterator[Task]:
        """dW at a place = the sum of what is seen from there times dy."""
        if self.context.has("bias"):
            yield partial(self._sum, self.dy, bias)
        for place, of_place in zip(self.places, kernel, strict=True):
            yield partial(np.multiply, self.padded[place], self.dy, out=self.share)
            yield partial(self._sum, self.share, of_place)
        if self.context.input_gradient:
            yield from self._scatter()

    def _scatter(self) -> Iterator[Task]:
        """dx = sum over places of dy W, added where it was read."""
        yield from self.frame.clear()
        for number, place in enumerate(self.places):
            yield partial(np.multiply, self.dy, self._of(number), out=self.share)
            yield self.frame.give(place, self.share.reshape(self.output.shape))
        yield from self.frame.hand_on()

    def _of(self, number: int) -> Array:
        """The kernel at a place, (rows channels)."""
        return self.kernel[number].reshape(-1)

    def _sum(self, values: Array, out: Array) -> None:
        """The sum for each channel, by a matrix product."""
        sums = self.ones @ values.reshape(len(self.ones), -1)
        np.add.reduce(sums.reshape(-1, len(out)), axis=0, out=out)


def _joined(image: Array) -> Array:
    """(height, width, rows, channels) as (height, width, rows channels)."""
    return image.reshape(*image.shape[:2], -1)
