"""The rule for convolutions: one matrix product over the columns of all windows."""

from __future__ import annotations

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy.reference.context import Backward, Forward, RuleContext
from nnspec.backends.numpy.windows import Padding, Windows, conv_windows
from nnspec.components.layers.convolution import Conv2D


def conv2d(layer: Conv2D, context: RuleContext) -> tuple[Forward, Backward]:
    """y = columns W + b, where a window is a row of `columns`; dcolumns = dy W' is added back.

    With groups, columns are (groups, windows, k k c / groups) and the product is batched.
    """
    windows, channels = conv_windows(context.node), context.input_shape[-1]
    frame = Padding(windows, channels, context)
    columns = _Columns(windows, channels, layer.groups, context)
    kernel, bias = _Kernel(layer, context), context.weight("bias") if layer.use_bias else None
    y = context.like(context.shape)

    def forward(x: Array) -> Array:
        columns.gather(frame.around(x))
        kernel.times(columns.matrix, y)
        return y if bias is None else np.add(y, bias, out=y)

    def backward(dy: Array) -> Array:
        kernel.write_gradient(columns.matrix, dy)
        if bias is not None:
            np.sum(dy, axis=(0, 1, 2), out=context.gradient("bias"))
        return columns.scatter(kernel.times_transposed(dy)) if context.input_gradient else dy

    return forward, backward


class _Columns:
    """The values of all windows as a matrix, and the way back."""

    def __init__(self, windows: Windows, channels: int, groups: int, context: RuleContext) -> None:
        self.windows = windows
        shape = (context.rows, *windows.output, *windows.size)
        self.per_group = np.empty((groups, *shape, channels // groups), context.dtype)
        self.matrix = self.per_group.reshape(groups, int(np.prod(shape[:3])), -1)
        self.image = context.zeros((*windows.padded, channels)) if context.input_gradient else None

    def gather(self, padded: Array) -> None:
        """Copy each window's values into its row."""
        grouped = _grouped(padded, len(self.matrix))
        for (i, j), seen in self.windows.offsets():
            self.per_group[..., i, j, :] = grouped[(slice(None), *seen)]

    def scatter(self, gradients: Array) -> Array:
        """Add the gradients of the columns up where their values were read."""
        image = self.image
        assert image is not None  # noqa: S101
        image.fill(0)
        grouped, values = _grouped(image, len(gradients)), gradients.reshape(self.per_group.shape)
        for (i, j), seen in self.windows.offsets():
            grouped[(slice(None), *seen)] += values[..., i, j, :]
        return np.ascontiguousarray(image[self.windows.inside])


class _Kernel:
    """The kernel as a matrix for each group, (groups, k k c / groups, filters / groups)."""

    def __init__(self, layer: Conv2D, context: RuleContext) -> None:
        self.groups, self.context = layer.groups, context
        self.weight = context.weight("kernel")

    def matrix(self, kernel: Array) -> Array:
        """The view of a kernel (or its gradient) as matrices."""
        flat = kernel.reshape(-1, self.groups, kernel.shape[-1] // self.groups)
        return flat.transpose(1, 0, 2)

    def times(self, columns: Array, y: Array) -> None:
        """y = columns W."""
        np.matmul(columns, self.matrix(self.weight), out=self._outputs(y))

    def write_gradient(self, columns: Array, dy: Array) -> None:
        """dW = columns' dy."""
        gradient = self.matrix(self.context.gradient("kernel"))
        np.matmul(columns.transpose(0, 2, 1), self._outputs(dy), out=gradient)

    def times_transposed(self, dy: Array) -> Array:
        """dcolumns = dy W'."""
        return np.matmul(self._outputs(dy), self.matrix(self.weight).transpose(0, 2, 1))

    def _outputs(self, y: Array) -> Array:
        """y (rows, height, width, filters) as (groups, windows, filters / groups)."""
        return y.reshape(-1, self.groups, y.shape[-1] // self.groups).transpose(1, 0, 2)


def _grouped(image: Array, groups: int) -> Array:
    """An image (rows, height, width, channels) as (groups, rows, height, width, channels / g)."""
    return np.moveaxis(image.reshape(*image.shape[:3], groups, -1), 3, 0)
