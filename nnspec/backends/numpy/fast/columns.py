"""Convolution as one matrix product over the columns of all windows, by blocks of rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnspec.backends.base import Array
from nnspec.backends.numpy.fast.frame import Frame
from nnspec.backends.numpy.fast.schedule import Gradients, Kernel
from nnspec.backends.numpy.fast.wires import Space, Wire
from nnspec.backends.numpy.windows import Windows, conv_windows

FEW = 8  # channels: with fewer, a window's values are gathered one by one for all windows


def columns(space: Space, x: Wire) -> Kernel:
    """y = columns [W; b]: a window is a row of `columns`, with a 1 at its end for the bias."""
    y, windows = space.output(), conv_windows(space.node)
    partial = np.empty((len(space.blocks.spans), *_affine_shape(space)), space.dtype)
    frames = [Frame(windows, *pair) for pair in zip(x.values, x.gradients, strict=True)]
    forward = [Columns(space, windows, *pair) for pair in zip(frames, y.values, strict=True)]
    backward = [_Back(space, *parts) for parts in zip(forward, y.gradients, partial, strict=True)]
    return Kernel(
        y,
        [[block.forward for block in forward]],
        [[block.backward for block in backward]],
        after=[Gradients(lambda: _join(space, partial), space.parts())],
    )


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


class Columns:
    """Of one block: `values`, (height, width, rows, places, channels), and the same as `matrix`."""

    def __init__(self, space: Space, windows: Windows, frame: Frame, y: Array) -> None:
        self.space, self.frame, self.windows = space, frame, windows
        self.places = windows.places()
        rows, filters = _affine_shape(space)
        self.inputs = rows - space.has("bias")
        self.y = y.reshape(-1, filters)
        shape = (*y.shape[:3], len(self.places), self.inputs // len(self.places))
        self.matrix, self.values = _empty(shape, self.inputs, rows, y.dtype)
        self.matrix[:, self.inputs :] = 1

    def forward(self) -> None:
        """Gather, and multiply."""
        seen = self.windows.unrolled(self.frame.padded())
        np.copyto(self.values.reshape(seen.shape), seen)
        np.matmul(self.matrix, affine(self.space), out=self.y)

    def kernel(self) -> Array:
        """W as a matrix."""
        return self.space.weight("kernel").reshape(self.inputs, -1)


def affine(space: Space) -> Array:
    """[W; b]."""
    kernel = space.weight("kernel").reshape(-1, space.shape[-1])
    return np.concatenate([kernel, space.weight("bias")[None]]) if space.has("bias") else kernel


class _Back:
    """d[W; b] = columns' dy, and dcolumns = dy W' added back to where they were read."""

    def __init__(self, space: Space, columns: Columns, dy: Array, partial: Array) -> None:
        self.columns, self.partial = columns, partial
        self.dy = dy.reshape(-1, dy.shape[-1])
        learns = space.training and space.input_gradient
        shape = (len(self.dy), columns.inputs)
        self.gradients = np.empty(shape, dy.dtype) if learns else None

    def backward(self) -> None:
        columns = self.columns
        np.matmul(columns.matrix.T, self.dy, out=self.partial)
        if self.gradients is not None:
            np.matmul(self.dy, columns.kernel().T, out=self.gradients)
            self._scatter(self.gradients.reshape(columns.values.shape))

    def _scatter(self, values: Array) -> None:
        frame = self.columns.frame
        frame.begin()
        for number, place in enumerate(self.columns.places):
            frame.give(place, values[..., number, :])
        frame.uncover()


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
