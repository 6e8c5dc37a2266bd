"""Convolution of each channel by itself: a product and a sum for each place of the kernel."""

from __future__ import annotations

import numpy as np

from nnspec.backends.base import Array
from nnspec.backends.numpy.fast.frame import Frame
from nnspec.backends.numpy.fast.schedule import Gradients, Kernel
from nnspec.backends.numpy.fast.wires import Space, Wire
from nnspec.backends.numpy.windows import Windows, conv_windows


def depthwise(space: Space, x: Wire) -> Kernel:
    """y = b + sum over places of x seen from there, times W; one filter a channel."""
    y, windows = space.output(), conv_windows(space.node)
    shape = len(space.blocks.spans), len(windows.places()), space.shape[-1]
    partial, bias = np.empty(shape, space.dtype), np.empty((shape[0], shape[2]), space.dtype)
    arrays = zip(x.values, x.gradients, y.values, y.gradients, partial, bias, strict=True)
    blocks = [
        _Block(space, windows, Frame(windows, values, dx), *rest) for values, dx, *rest in arrays
    ]

    def join() -> None:
        """The blocks' gradients, added in their order."""
        kernel = space.gradient("kernel")
        np.add.reduce(partial, axis=0, out=kernel.reshape(shape[1:]))
        if space.has("bias"):
            np.add.reduce(bias, axis=0, out=space.gradient("bias"))

    forward = [block.forward for block in blocks]
    backward = [block.backward for block in blocks]
    return Kernel(y, [forward], [backward], after=[Gradients(join, space.parts())])


class _Block:
    """One block. Rows and channels are one axis, so that element-wise functions have long runs."""

    def __init__(
        self, space: Space, windows: Windows, frame: Frame, y: Array, dy: Array,
        partial: Array, bias: Array,
    ) -> None:  # fmt: skip
        self.space, self.frame, self.partial, self.bias = space, frame, partial, bias
        self.places, self.shape, self.rows = windows.places(), y.shape, y.shape[2]
        self.y, self.dy = _joined(y), _joined(dy)
        self.share = np.empty_like(self.y)
        self.ones = np.ones(self.share.shape[0] * self.share.shape[1], y.dtype)

    def forward(self) -> None:
        padded, kernel = _joined(self.frame.padded()), self._kernel()
        for number, place in enumerate(self.places):
            target = self.share if number else self.y
            np.multiply(padded[place], kernel[number], out=target)
            if number:
                np.add(self.y, self.share, out=self.y)
        if self.space.has("bias"):
            np.add(self.y, np.tile(self.space.weight("bias"), self.rows), out=self.y)

    def backward(self) -> None:
        if self.space.has("bias"):
            self._sum(self.dy, self.bias)
        padded = _joined(self.frame.image)
        for number, place in enumerate(self.places):
            np.multiply(padded[place], self.dy, out=self.share)
            self._sum(self.share, self.partial[number])
        if self.space.input_gradient:
            self._scatter()

    def _scatter(self) -> None:
        """dx = sum over places of dy W, added where it was read."""
        self.frame.begin()
        kernel, share = self._kernel(), self.share.reshape(self.shape)
        for number, place in enumerate(self.places):
            np.multiply(self.dy, kernel[number], out=self.share)
            self.frame.give(place, share)
        self.frame.uncover()

    def _kernel(self) -> Array:
        """(places, rows channels)."""
        return np.tile(self.space.weight("kernel").reshape(len(self.places), -1), self.rows)

    def _sum(self, values: Array, out: Array) -> None:
        """The sum for each channel, by a matrix product."""
        sums = self.ones @ values.reshape(len(self.ones), -1)
        np.add.reduce(sums.reshape(self.rows, -1), axis=0, out=out)


def _joined(image: Array) -> Array:
    """(height, width, rows, channels) as (height, width, rows channels)."""
    return image.reshape(*image.shape[:2], -1)
