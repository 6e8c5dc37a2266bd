"""Convolution as one matrix product over the columns of all windows, by blocks of rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnspec.backends.base import Array
from nnspec.backends.numpy.fast.frame import Frame
from nnspec.backends.numpy.fast.schedule import Kernel
from nnspec.backends.numpy.fast.wires import Space, Wire
from nnspec.backends.numpy.windows import Windows, conv_windows

FEW = 8  # channels: with fewer, a window's values are gathered one by one for all windows


def columns(space: Space, x: Wire) -> Kernel:
    """y = columns [W; b]: a window is a row of `columns`, with a 1 at its end for the bias."""
    y, windows = space.output(), conv_windows(space.node)
    partial = np.empty((len(space.blocks.spans), *_affine_shape(space)), space.dtype)
    blocks = [
        _Block(space, windows, Frame(windows, values, dx), after, dy, part)
        for values, dx, after, dy, part in zip(
            x.values, x.gradients, y.values, y.gradients, partial, strict=True
        )
    ]
    forward = [block.forward for block in blocks]
    backward = [block.backward for block in blocks]
    return Kernel(y, [forward], [backward], after=[lambda: _join(space, partial)])


def _affine_shape(space: Space) -> tuple[int, int]:
    """The rows and columns of [W; b]."""
    *sides, filters = space.node.weights["kernel"].shape
    return int(np.prod(sides)) + space.has("bias"), filters


def _join(space: Space, partial: Array) -> None:
    """The blocks' gradients, added in their order."""
    kernel = space.gradient("kernel")
    inputs = kernel.size // kernel.shape[-1]
    total = np.add.reduce(partial, axis=0)
    kernel[...] = total[:inputs].reshape(kernel.shape)
    if space.has("bias"):
        space.gradient("bias")[...] = total[inputs]


class _Block:
    """Columns (height, width, rows, k, k, channels) of one block, and the way back."""

    def __init__(
        self, space: Space, windows: Windows, frame: Frame, y: Array, dy: Array, partial: Array
    ) -> None:
        self.space, self.frame, self.partial = space, frame, partial
        self.places, self.overlap = windows.places(), windows.overlap
        self.inputs = len(partial) - space.has("bias")
        filters = y.shape[-1]
        self.y, self.dy = y.reshape(-1, filters), dy.reshape(-1, filters)
        channels = self.inputs // len(self.places)
        shape = (*y.shape[:3], len(self.places), channels)
        self.matrix, self.values = _empty(shape, self.inputs, len(partial), y.dtype)
        self.matrix[:, self.inputs :] = 1
        learns = space.training and space.input_gradient
        self.gradients = np.empty((len(self.y), self.inputs), y.dtype) if learns else None

    def forward(self) -> None:
        padded = self.frame.padded()
        for number, place in enumerate(self.places):
            np.copyto(self.values[..., number, :], padded[place])
        np.matmul(self.matrix, self._affine(), out=self.y)

    def backward(self) -> None:
        np.matmul(self.matrix.T, self.dy, out=self.partial)
        if self.gradients is None:
            return
        kernel = self.space.weight("kernel").reshape(self.inputs, -1)
        np.matmul(self.dy, kernel.T, out=self.gradients)
        image, values = self.frame.cleared(), self.gradients.reshape(self.values.shape)
        for number, place in enumerate(self.places):
            if self.overlap:
                np.add(image[place], values[..., number, :], out=image[place])
            else:
                np.copyto(image[place], values[..., number, :])
        self.frame.uncover()

    def _affine(self) -> Array:
        """[W; b]."""
        kernel = self.space.weight("kernel").reshape(self.inputs, -1)
        if not self.space.has("bias"):
            return kernel
        return np.concatenate([kernel, self.space.weight("bias")[None]])


def _empty(shape: tuple[int, ...], inputs: int, rows: int, dtype: Any) -> tuple[Array, Array]:
    """`columns` as a matrix, and the same memory as (height, width, rows, places, channels).

    Of few channels each column lies in one piece, of many each row: copies are long either way.
    """
    height, width, images, places, channels = shape
    if channels < FEW:
        memory = np.empty((rows, height, width, images), dtype)
        values = memory[:inputs].reshape(places, channels, height, width, images)
        return memory.reshape(rows, -1).T, values.transpose(2, 3, 4, 0, 1)
    memory = np.empty((height, width, images, rows), dtype)
    return memory.reshape(-1, rows), memory[..., :inputs].reshape(shape)
