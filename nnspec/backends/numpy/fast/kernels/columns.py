"""The im2col matrix of a block of images, and its transpose col2im, as tasks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.kernels.padding import PaddedImage
from nnspec.backends.numpy.fast.threads import Task
from nnspec.backends.numpy.windows import Windows
from nnspec.options.types import Shape

FEW_CHANNELS = 8  # with fewer channels, the im2col matrix is stored in column-major order


class Columns:
    """The im2col matrix (windows, taps channels + ones), of which the last columns are for 1s.

    `values` is its view by windows, taps and channels.
    """

    def __init__(
        self, context: BlockContext, windows: Windows, padded: PaddedImage, ones: int = 0
    ) -> None:
        self.context, self.padded, self.windows = context, padded, windows
        self.tap_slices = windows.slices()
        taps, (rows, channels) = len(self.tap_slices), padded.shape[2:]
        self.inputs = taps * channels
        shape = *windows.output, rows, taps, channels
        self.matrix, self.values = _empty_columns(context, shape, self.inputs + ones)

    def im2col(self) -> Iterator[Task]:
        """Tasks that copy what each window reads to its row."""
        windows = self.windows.window_view(self.padded.image)
        yield from self.padded.pad_tasks()
        yield partial(np.copyto, self.values.reshape(windows.shape), windows)

    def col2im(self, columns: Array) -> Iterator[Task]:
        """Tasks that sum columns (windows, taps channels) at the places that they were read from.

        The sums are written to the gradient of the image.
        """
        values = columns.reshape(self.values.shape)
        yield from self.padded.zero_gradient_tasks()
        for tap, slices in enumerate(self.tap_slices):
            yield self.padded.add_gradient_task(slices, values[..., tap, :])
        yield from self.padded.unpad_gradient_tasks()


def _empty_columns(context: BlockContext, shape: Shape, rows: int) -> tuple[Array, Array]:
    """The im2col matrix, and a view of it as (out height, out width, rows, taps, channels).

    It is column-major for few channels, else row-major: copies have long runs either way.
    """
    height, width, images, taps, channels = shape
    inputs = taps * channels
    if channels < FEW_CHANNELS:
        memory = context.empty((rows, height, width, images))
        values = memory[:inputs].reshape(taps, channels, height, width, images)
        return memory.reshape(rows, -1).T, values.transpose(2, 3, 4, 0, 1)
    memory = context.empty((height, width, images, rows))
    return memory.reshape(-1, rows), memory[..., :inputs].reshape(shape)
