"""Convolution of each channel by itself: a product and a sum for each place of the kernel."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy.fast.blocks import Space, Wire, adding_per_channel
from nnspec.backends.numpy.fast.kernels.padding import Frame
from nnspec.backends.numpy.fast.plan import Gradients, Kernel, in_order
from nnspec.backends.numpy.fast.threads import Task
from nnspec.backends.numpy.windows import Windows, conv_windows


def depthwise(space: Space, x: Wire) -> Kernel:
    """y = b + sum over places of x seen from there, times W; one filter a channel."""
    y, windows = space.output(), conv_windows(space.node)
    arrays = zip(x.values, x.gradients, y.values, y.gradients, strict=True)
    blocks = [
        _Block(space, windows, Frame(windows, values, dx), after, dy)
        for values, dx, after, dy in arrays
    ]
    forward = [in_order(block.forward()) for block in blocks]
    if not space.training:
        return Kernel(y, [forward])
    found = _Gradients(space, len(windows.places()))
    parts = zip(blocks, found.kernel, found.bias, strict=True)
    backward = [in_order(block.backward(*both)) for block, *both in parts]
    return Kernel(y, [forward], [backward], after=[Gradients(found.join, space.parts())])


class _Gradients:
    """The weights' gradients from those of the blocks."""

    def __init__(self, space: Space, places: int) -> None:
        blocks, channels = len(space.blocks.spans), space.shape[-1]
        self.space = space
        self.kernel = np.empty((blocks, places, channels), space.dtype)
        self.bias = np.empty((blocks, channels), space.dtype)

    def join(self) -> None:
        """Added in the blocks' order."""
        kernel = self.space.gradient("kernel")
        np.add.reduce(self.kernel, axis=0, out=kernel.reshape(self.kernel.shape[1:]))
        if self.space.has("bias"):
            np.add.reduce(self.bias, axis=0, out=self.space.gradient("bias"))


class _Block:
    """One block. Rows and channels are one axis, so that element-wise functions have long runs."""

    def __init__(self, space: Space, windows: Windows, frame: Frame, y: Array, dy: Array) -> None:
        self.space, self.frame, self.places, self.output = space, frame, windows.places(), y
        self.y, self.dy, self.padded = _joined(y), _joined(dy), _joined(frame.image)
        self.share = np.empty_like(self.y)
        self.kernel = np.empty((len(self.places), *y.shape[2:]), y.dtype)
        self.ones = np.ones(self.y.shape[0] * self.y.shape[1], y.dtype)

    def forward(self) -> Iterator[Task]:
        """The kernel is repeated for every row first."""
        weight = self.space.weight("kernel").reshape(len(self.places), 1, -1)
        yield partial(np.copyto, self.kernel, weight)
        yield from self.frame.read()
        for number, place in enumerate(self.places):
            target = self.share if number else self.y
            yield partial(np.multiply, self.padded[place], self._of(number), out=target)
            if number:
                yield partial(np.add, self.y, self.share, out=self.y)
        if self.space.has("bias"):
            yield from adding_per_channel(self.space.weight("bias"), self.output)

    def backward(self, kernel: Array, bias: Array) -> Iterator[Task]:
        """dW at a place = the sum of what is seen from there times dy."""
        if self.space.has("bias"):
            yield partial(self._sum, self.dy, bias)
        for place, of_place in zip(self.places, kernel, strict=True):
            yield partial(np.multiply, self.padded[place], self.dy, out=self.share)
            yield partial(self._sum, self.share, of_place)
        if self.space.input_gradient:
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
