"""Convolution as one matrix product over the columns of all windows, by blocks of rows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy.fast.blocks import Space, Wire
from nnspec.backends.numpy.fast.kernels.padding import Frame
from nnspec.backends.numpy.fast.plan import Gradients, Kernel, in_order
from nnspec.backends.numpy.fast.threads import Task
from nnspec.backends.numpy.huge_pages import empty
from nnspec.backends.numpy.windows import Windows, conv_windows

FEW = 8  # channels: with fewer, a window's values are gathered one by one for all windows


def columns(space: Space, x: Wire) -> Kernel:
    """y = columns [W; b]: a window is a row of `columns`, with a 1 at its end for the bias."""
    y, windows = space.output(), conv_windows(space.node)
    frames = [Frame(windows, *pair) for pair in zip(x.values, x.gradients, strict=True)]
    blocks = [_Columns(space, windows, *pair) for pair in zip(frames, y.values, strict=True)]
    forward = [in_order(block.forward()) for block in blocks]
    if not space.training:
        return Kernel(y, [forward])
    found = np.empty((len(blocks), *_affine_shape(space)), space.dtype)
    parts = zip(blocks, y.gradients, found, strict=True)
    backward = [in_order(block.backward(dy, part)) for block, dy, part in parts]
    join = Gradients(partial(_join, space, found), space.parts())
    return Kernel(y, [forward], [backward], after=[join])


def _affine_shape(space: Space) -> tuple[int, int]:
    """The rows and columns of [W; b]."""
    *sides, filters = space.node.weights["kernel"].shape
    return int(np.prod(sides)) + space.has("bias"), filters


def _join(space: Space, parts: Array) -> None:
    """The blocks' gradients, added in their order."""
    kernel = space.gradient("kernel")
    inputs = kernel.size // kernel.shape[-1]
    total = np.add.reduce(parts, axis=0)
    kernel[...] = total[:inputs].reshape(kernel.shape)
    if space.has("bias"):
        space.gradient("bias")[...] = total[inputs]


class _Columns:
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
        self.affine = empty((rows, filters), y.dtype)

    def forward(self) -> Iterator[Task]:
        """Gather, and multiply by [W; b]."""
        seen = self.windows.unrolled(self.frame.image)
        yield from self.frame.read()
        yield partial(np.copyto, self.values.reshape(seen.shape), seen)
        yield partial(np.copyto, self.affine[: self.inputs], self._kernel())
        if self.space.has("bias"):
            yield partial(np.copyto, self.affine[self.inputs], self.space.weight("bias"))
        yield partial(np.matmul, self.matrix, self.affine, out=self.y)

    def backward(self, dy: Array, part: Array) -> Iterator[Task]:
        """d[W; b] = columns' dy, and dcolumns = dy W' added back to where they were read."""
        dy = dy.reshape(-1, dy.shape[-1])
        yield partial(np.matmul, self.matrix.T, dy, out=part)
        if self.space.input_gradient:
            gradients = np.empty((len(dy), self.inputs), dy.dtype)
            yield partial(np.matmul, dy, self._kernel().T, out=gradients)
            yield from self._scatter(gradients.reshape(self.values.shape))

    def _scatter(self, values: Array) -> Iterator[Task]:
        yield from self.frame.clear()
        for number, place in enumerate(self.places):
            yield self.frame.give(place, values[..., number, :])
        yield from self.frame.hand_on()

    def _kernel(self) -> Array:
        """W as a matrix."""
        return self.space.weight("kernel").reshape(self.inputs, -1)


def _empty(shape: tuple[int, ...], inputs: int, rows: int, dtype: Any) -> tuple[Array, Array]:
    """`columns` as a matrix, and the same memory as (height, width, rows, places, channels).

    Of few channels each column lies in one piece, of many each row: copies are long either way.
    """
    height, width, images, places, channels = shape
    if channels < FEW:
        memory = empty((rows, height, width, images), dtype)
        values = memory[:inputs].reshape(places, channels, height, width, images)
        return memory.reshape(rows, -1).T, values.transpose(2, 3, 4, 0, 1)
    memory = empty((height, width, images, rows), dtype)
    return memory.reshape(-1, rows), memory[..., :inputs].reshape(shape)
