"""Depthwise convolution: sums of products over the taps, channel by channel.

As (height, width, rows channels) an image has long rows, along which NumPy multiplies and adds at
once, without a temporary array.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.blocks import BlockedTensor, as_matrix, bias_tasks, sum_rows
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.kernels.padding import PaddedImage, border_tasks
from nnspec.backends.numpy.fast.kernels.polyphase import Polyphase
from nnspec.backends.numpy.fast.kernels.weighted_blocks import kernel_of_blocks
from nnspec.backends.numpy.fast.plan import Kernel
from nnspec.backends.numpy.fast.threads import Task
from nnspec.backends.numpy.windows import Windows, conv_windows


def conv_depthwise(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = b + sum of x_t W_t over taps t, per channel; x_t is what all windows read at t.

    dW_t = sum of x_t dy over windows and rows; db = sum dy; dx is the correlation of dy with the
    flipped kernel. With m filters for each channel, x is repeated m times.
    """
    return kernel_of_blocks(context, x, partial(_Block, context, conv_windows(context.node)))


class _Block:
    """One block; the kernel is (kernel height, kernel width, rows, filters), equal for all rows."""

    def __init__(
        self, context: BlockContext, windows: Windows, x: Array, dx: Array, y: Array, dy: Array
    ) -> None:
        self.context, self.y, self.dy, self.windows = context, y, dy, windows
        self.repeated = _RepeatedChannels(context, x, dx, y.shape[-1])
        self.padded = PaddedImage(windows, context, self.repeated.values, self.repeated.gradients)
        self.read = _window_view(windows, self.padded.image)
        self.kernel = context.empty((*windows.size, *y.shape[2:]))

    def forward(self) -> Iterator[Task]:
        """y = b + sum over taps; the kernel is first repeated for every row."""
        weight = self.context.weight("kernel").reshape(*self.windows.size, 1, -1)
        yield partial(np.copyto, self.kernel, weight)
        yield from self.repeated.repeat_tasks()
        yield from self.padded.pad_tasks()
        yield _correlate(self.read, _merged(self.kernel), _merged(self.y))
        if self.context.has_weight("bias"):
            yield from bias_tasks(self.context.weight("bias"), self.y)

    def backward(self, gradients: Mapping[str, Array]) -> Iterator[Task]:
        """dW_t = sum of x_t dy over windows and rows, db = sum dy; then dx."""
        if "bias" in gradients:
            yield partial(sum_rows, as_matrix(self.dy), gradients["bias"])
        by_row = self.context.empty(self.kernel.shape)
        terms = self.read, _merged(self.dy)
        yield partial(np.einsum, "ijuvn,ijn->uvn", *terms, out=_merged(by_row))
        kernel = gradients["kernel"].reshape(*self.windows.size, -1)
        yield partial(np.add.reduce, by_row, axis=2, out=kernel)
        if self.context.input_gradient:
            yield from self._input_gradient()
            yield from self.repeated.sum_tasks()

    def _input_gradient(self) -> Iterator[Task]:
        """dx, phase by phase, of dy with zeros around it."""
        polyphase, (*_, rows, filters) = Polyphase.of(self.windows), self.dy.shape
        padded = self.context.empty((*polyphase.padded_size, rows, filters))
        yield from border_tasks(padded, polyphase.interior, 0)
        yield partial(np.copyto, padded[polyphase.interior], self.dy)
        flipped, dx = _merged(self.kernel)[::-1, ::-1], _merged(self.repeated.gradients)
        for phase in polyphase.phases:
            taps, target = flipped[phase.taps], dx[phase.places]
            read = _window_view(phase.windows, padded[phase.start])
            yield _correlate(read, taps, target) if taps.size else partial(target.fill, 0)


class _RepeatedChannels:
    """Images with each channel m times in a row, (height, width, rows, channels m), and gradients.

    For m = 1 they are the images themselves.
    """

    def __init__(self, context: BlockContext, x: Array, dx: Array, filters: int) -> None:
        self.x, self.dx, self.times = x, dx, filters // x.shape[-1]
        shape = *x.shape[:-1], filters
        self.values = x if self.times == 1 else context.empty(shape)
        needs_buffer = self.times > 1 and context.input_gradient
        self.gradients = context.empty(shape) if needs_buffer else dx

    def repeat_tasks(self) -> Iterator[Task]:
        """Tasks that repeat the channels of x."""
        if self.times > 1:
            yield partial(np.copyto, self._by_channel(self.values), self.x[..., None])

    def sum_tasks(self) -> Iterator[Task]:
        """Tasks for dx: the sum of the gradients of a channel's repetitions."""
        if self.times > 1:
            yield partial(np.add.reduce, self._by_channel(self.gradients), axis=-1, out=self.dx)

    def _by_channel(self, repeated: Array) -> Array:
        return repeated.reshape(*self.x.shape, self.times)


def _correlate(windows: Array, kernel: Array, out: Array) -> Task:
    """The task of out[i, j] = sum over taps u, v of windows[i, j, u, v] kernel[u, v]."""
    return partial(np.einsum, "ijuvn,uvn->ijn", windows, kernel, out=out)


def _window_view(windows: Windows, image: Array) -> Array:
    """View (windows down, windows across, kernel height, kernel width, rows channels)."""
    return windows.window_view(_merged(image)[:, :, None])[:, :, 0]


def _merged(image: Array) -> Array:
    """(height, width, rows, channels) as (height, width, rows channels); a view."""
    return image.reshape(*image.shape[:2], -1)
