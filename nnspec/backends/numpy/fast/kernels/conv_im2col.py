"""Convolution as one matrix product over the columns of all windows, by blocks of rows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy.fast.blocks import BlockContext, BlockedTensor
from nnspec.backends.numpy.fast.kernels.padding import PaddedImage
from nnspec.backends.numpy.fast.plan import Gradients, Kernel, run_in_order
from nnspec.backends.numpy.fast.threads import Task
from nnspec.backends.numpy.huge_pages import empty
from nnspec.backends.numpy.windows import Windows, conv_windows

FEW_CHANNELS = 8  # channels: with fewer, a window's values are gathered one by one for all windows


def conv_im2col(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = columns [W; b]: a window is a row of `conv_im2col`, with a 1 at its end for the bias."""
    y, windows = context.output(), conv_windows(context.node)
    frames = [PaddedImage(windows, *pair) for pair in zip(x.values, x.gradients, strict=True)]
    blocks = [_Columns(context, windows, *pair) for pair in zip(frames, y.values, strict=True)]
    forward = [run_in_order(block.forward()) for block in blocks]
    if not context.training:
        return Kernel(y, [forward])
    found = np.empty((len(blocks), *_affine_shape(context)), context.dtype)
    parts = zip(blocks, y.gradients, found, strict=True)
    backward = [run_in_order(block.backward(dy, part)) for block, dy, part in parts]
    join = Gradients(partial(_join, context, found), context.parts())
    return Kernel(y, [forward], [backward], after=[join])


def _affine_shape(context: BlockContext) -> tuple[int, int]:
    """The rows and columns of [W; b]."""
    *sides, filters = context.node.weights["kernel"].shape
    return int(np.prod(sides)) + context.has("bias"), filters


def _join(context: BlockContext, parts: Array) -> None:
    """The blocks' gradients, added in their order."""
    kernel = context.gradient("kernel")
    inputs = kernel.size // kernel.shape[-1]
    total = np.add.reduce(parts, axis=0)
    kernel[...] = total[:inputs].reshape(kernel.shape)
    if context.has("bias"):
        context.gradient("bias")[...] = total[inputs]


class _Columns:
    """Of one block: `values`, (height, width, rows, places, channels), and the same as `matrix`."""

    def __init__(
        self, context: BlockContext, windows: Windows, frame: PaddedImage, y: Array
    ) -> None:
        self.context, self.frame, self.windows = context, frame, windows
        self.places = windows.places()
        rows, filters = _affine_shape(context)
        self.inputs = rows - context.has("bias")
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
        if self.context.has("bias"):
            yield partial(np.copyto, self.affine[self.inputs], self.context.weight("bias"))
        yield partial(np.matmul, self.matrix, self.affine, out=self.y)

    def backward(self, dy: Array, part: Array) -> Iterator[Task]:
        """d[W; b] = columns' dy, and dcolumns = dy W' added back to where they were read."""
        dy = dy.reshape(-1, dy.shape[-1])
        yield partial(np.matmul, self.matrix.T, dy, out=part)
        if self.context.input_gradient:
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
        return self.context.weight("kernel").reshape(self.inputs, -1)


def _empty(shape: tuple[int, ...], inputs: int, rows: int, dtype: Any) -> tuple[Array, Array]:
    """`conv_im2col` as a matrix, and the same memory as (height, width, rows, places, channels).

    Of few channels each column lies in one piece, of many each row: copies are long either way.
    """
    height, width, images, places, channels = shape
    if channels < FEW_CHANNELS:
        memory = empty((rows, height, width, images), dtype)
        values = memory[:inputs].reshape(places, channels, height, width, images)
        return memory.reshape(rows, -1).T, values.transpose(2, 3, 4, 0, 1)
    memory = empty((height, width, images, rows), dtype)
    return memory.reshape(-1, rows), memory[..., :inputs].reshape(shape)
