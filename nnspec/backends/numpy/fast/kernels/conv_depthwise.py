"""Depthwise convolution: an elementwise product and a sum per kernel tap."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.blocks import BlockedTensor, bias_tasks
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.kernels.padding import PaddedImage
from nnspec.backends.numpy.fast.plan import GradientTask, Kernel, combine_tasks
from nnspec.backends.numpy.fast.threads import Task
from nnspec.backends.numpy.windows import Windows, conv_windows


def conv_depthwise(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = b + sum of x_t W_t over taps t, per channel; x_t is what all windows read at t.

    dW_t = sum of x_t dy over windows and rows; db = sum dy; dx_t += dy W_t.
    """
    y, windows = context.allocate_output(), conv_windows(context.node)
    arrays = zip(x.values, x.gradients, y.values, y.gradients, strict=True)
    blocks = [
        _Block(context, windows, PaddedImage(windows, context, values, dx), y_values, dy)
        for values, dx, y_values, dy in arrays
    ]
    forward = [combine_tasks(block.forward()) for block in blocks]
    if not context.training:
        return Kernel(y, [forward])
    block_gradients = _BlockGradients(context, len(windows.slices()))
    pairs = zip(blocks, block_gradients.kernel, block_gradients.bias, strict=True)
    backward = [combine_tasks(block.backward(*gradients)) for block, *gradients in pairs]
    return Kernel(
        y,
        [forward],
        [backward],
        weight_gradients=[GradientTask(block_gradients.sum_over_blocks, context.gradient_spans())],
    )


class _BlockGradients:
    """Weight gradients of the blocks: kernel (blocks, taps, channels), bias (blocks, channels)."""

    def __init__(self, context: BlockContext, taps: int) -> None:
        blocks, channels = len(context.blocks.spans), context.shape[-1]
        self.context = context
        self.kernel = np.empty((blocks, taps, channels), context.dtype)
        self.bias = np.empty((blocks, channels), context.dtype)

    def sum_over_blocks(self) -> None:
        """Sum over the blocks, in their order."""
        kernel = self.context.gradient("kernel")
        np.add.reduce(self.kernel, axis=0, out=kernel.reshape(self.kernel.shape[1:]))
        if self.context.has_weight("bias"):
            np.add.reduce(self.bias, axis=0, out=self.context.gradient("bias"))


class _Block:
    """One block, as (height, width, rows channels): elementwise functions get long runs."""

    def __init__(
        self, context: BlockContext, windows: Windows, padded: PaddedImage, y: Array, dy: Array
    ) -> None:
        self.context, self.padded, self.slices, self.output = context, padded, windows.slices(), y
        self.y, self.dy, self.x = _merged(y), _merged(dy), _merged(padded.image)
        self.product = context.empty(self.y.shape)
        self.kernel = context.empty((len(self.slices), *y.shape[2:]))
        self.ones = np.ones(self.y.shape[0] * self.y.shape[1], y.dtype)

    def forward(self) -> Iterator[Task]:
        """y = b + sum over taps; the kernel is first repeated for every row."""
        weight = self.context.weight("kernel").reshape(len(self.slices), 1, -1)
        yield partial(np.copyto, self.kernel, weight)
        yield from self.padded.pad_tasks()
        for index, offset_slices in enumerate(self.slices):
            target = self.product if index else self.y
            yield partial(np.multiply, self.x[offset_slices], self._tap(index), out=target)
            if index:
                yield partial(np.add, self.y, self.product, out=self.y)
        if self.context.has_weight("bias"):
            yield from bias_tasks(self.context.weight("bias"), self.output)

    def backward(self, kernel: Array, bias: Array) -> Iterator[Task]:
        """dW_t = sum of x_t dy over windows and rows, db = sum dy."""
        if self.context.has_weight("bias"):
            yield partial(self._sum, self.dy, bias)
        for offset_slices, tap_gradient in zip(self.slices, kernel, strict=True):
            yield partial(np.multiply, self.x[offset_slices], self.dy, out=self.product)
            yield partial(self._sum, self.product, tap_gradient)
        if self.context.input_gradient:
            yield from self._input_gradient()

    def _input_gradient(self) -> Iterator[Task]:
        """dx_t += dy W_t for each tap t."""
        yield from self.padded.zero_gradient_tasks()
        for index, offset_slices in enumerate(self.slices):
            yield partial(np.multiply, self.dy, self._tap(index), out=self.product)
            yield self.padded.add_gradient_task(
                offset_slices, self.product.reshape(self.output.shape)
            )
        yield from self.padded.unpad_gradient_tasks()

    def _tap(self, index: int) -> Array:
        """The kernel at one tap, repeated for the rows, (rows channels)."""
        return self.kernel[index].reshape(-1)

    def _sum(self, values: Array, out: Array) -> None:
        """Sum per channel, by a matrix product."""
        sums = self.ones @ values.reshape(len(self.ones), -1)
        np.add.reduce(sums.reshape(-1, len(out)), axis=0, out=out)


def _merged(image: Array) -> Array:
    """(height, width, rows, channels) as (height, width, rows channels); a view."""
    return image.reshape(*image.shape[:2], -1)
