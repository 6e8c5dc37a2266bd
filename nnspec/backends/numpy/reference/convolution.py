"""The rule of convolutions: im2col and one matrix product."""

from __future__ import annotations

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy.reference.context import Backward, Forward, RuleContext
from nnspec.backends.numpy.windows import Padder, Windows, conv_windows
from nnspec.components.layers.convolution import Conv2D


def conv2d(layer: Conv2D, context: RuleContext) -> tuple[Forward, Backward]:
    """y = columns W + b; dW = columns' dy, db = sum dy, dcolumns = dy W', dx = col2im(dcolumns).

    For g groups, columns are (g, windows, kh kw channels / g) and W is (g, kh kw channels / g,
    filters / g): the product is batched over groups.
    """
    windows, channels = conv_windows(context.node), context.input_shape[-1]
    padder = Padder(windows, channels, context)
    columns = _Columns(windows, channels, layer.groups, context)
    kernel, bias = _KernelMatrix(layer, context), context.weight("bias") if layer.use_bias else None
    y = context.empty(context.shape)

    def forward(x: Array) -> Array:
        columns.im2col(padder.pad(x))
        kernel.multiply(columns.matrix, y)
        return y if bias is None else np.add(y, bias, out=y)

    def backward(dy: Array) -> Array:
        kernel.write_gradient(columns.matrix, dy)
        if bias is not None:
            np.sum(dy, axis=(0, 1, 2), out=context.gradient("bias"))
        return columns.col2im(kernel.multiply_transposed(dy)) if context.input_gradient else dy

    return forward, backward


class _Columns:
    """The im2col matrix of each group, (groups, windows, kh kw channels / groups)."""

    def __init__(self, windows: Windows, channels: int, groups: int, context: RuleContext) -> None:
        self.windows = windows
        shape = (context.rows, *windows.output, *windows.size)
        self.values = np.empty((groups, *shape, channels // groups), context.dtype)
        self.matrix = self.values.reshape(groups, int(np.prod(shape[:3])), -1)
        self.image = (
            context.zeros((*windows.padded_size, channels)) if context.input_gradient else None
        )

    def im2col(self, padded: Array) -> None:
        """Copy each window's values into its row of the matrix."""
        grouped = _grouped(padded, len(self.matrix))
        for (i, j), slices in self.windows.offsets():
            self.values[..., i, j, :] = grouped[(slice(None), *slices)]

    def col2im(self, gradients: Array) -> Array:
        """Sum the gradients of the columns at the pixels that they were read from."""
        image = self.image
        assert image is not None  # noqa: S101
        image.fill(0)
        grouped, values = (
            _grouped(image, len(gradients)),
            gradients.reshape(self.values.shape),
        )
        for (i, j), slices in self.windows.offsets():
            grouped[(slice(None), *slices)] += values[..., i, j, :]
        return np.ascontiguousarray(image[self.windows.interior])


class _KernelMatrix:
    """The kernel as a matrix per group, (groups, kh kw channels / groups, filters / groups)."""

    def __init__(self, layer: Conv2D, context: RuleContext) -> None:
        self.groups, self.context = layer.groups, context
        self.weight = context.weight("kernel")

    def matrix(self, kernel: Array) -> Array:
        """View of a kernel, or of its gradient, as one matrix per group."""
        flat = kernel.reshape(-1, self.groups, kernel.shape[-1] // self.groups)
        return flat.transpose(1, 0, 2)

    def multiply(self, columns: Array, y: Array) -> None:
        """y = columns W."""
        np.matmul(columns, self.matrix(self.weight), out=self._by_group(y))

    def write_gradient(self, columns: Array, dy: Array) -> None:
        """dW = columns' dy."""
        gradient = self.matrix(self.context.gradient("kernel"))
        np.matmul(columns.transpose(0, 2, 1), self._by_group(dy), out=gradient)

    def multiply_transposed(self, dy: Array) -> Array:
        """dcolumns = dy W'."""
        return np.matmul(self._by_group(dy), self.matrix(self.weight).transpose(0, 2, 1))

    def _by_group(self, y: Array) -> Array:
        """y (rows, height, width, filters) as (groups, windows, filters / groups)."""
        return y.reshape(-1, self.groups, y.shape[-1] // self.groups).transpose(1, 0, 2)


def _grouped(image: Array, groups: int) -> Array:
    """View (groups, rows, height, width, channels / groups) of (rows, height, width, channels)."""
    return np.moveaxis(image.reshape(*image.shape[:3], groups, -1), 3, 0)
