"""The rule of convolutions: im2col and one matrix product."""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.reference.context import Backward, Forward, RuleContext
from nnspec.backends.numpy.windows import Windows, conv_windows
from nnspec.components.layers.convolution import Conv2D


def conv2d(layer: Conv2D, context: RuleContext) -> Forward:
    """y = columns W + b; dW = columns' dy, db = sum dy, dcolumns = dy W', dx = col2im(dcolumns).

    For g groups, columns are (g, windows, kh kw channels / g) and W is (g, kh kw channels / g,
    filters / g): the product is batched over groups.
    """
    windows, groups = conv_windows(context.node), layer.groups
    kernel = context.weight("kernel")
    bias = context.weight("bias") if layer.use_bias else None

    def forward(x: Array) -> tuple[Array, Backward]:
        columns = im2col(windows, windows.pad(x), groups)
        y = np.empty((len(x), *context.node.shape), x.dtype)
        np.matmul(columns, _by_group(kernel, groups), out=_by_group(y, groups))
        if bias is not None:
            y += bias

        def backward(dy: Array) -> tuple[Array | None]:
            gradient, by_group = np.empty_like(kernel), _by_group(dy, groups)
            np.matmul(columns.transpose(0, 2, 1), by_group, out=_by_group(gradient, groups))
            context.add_gradient("kernel", gradient)
            if bias is not None:
                context.add_gradient("bias", dy.sum(axis=(0, 1, 2)))
            if not context.input_gradients[0]:
                return (None,)
            by_columns = by_group @ _by_group(kernel, groups).transpose(0, 2, 1)
            return (col2im(windows, by_columns, len(x)),)

        return y, backward

    return forward


def im2col(windows: Windows, padded: Array, groups: int) -> Array:
    """Each window's values as a row of the matrix of its group.

    Images (rows, height, width, channels) give (groups, windows, kh kw channels / groups).
    """
    grouped = _grouped(padded, groups)
    shape = (groups, len(padded), *windows.output, *windows.size, grouped.shape[-1])
    values = np.empty(shape, padded.dtype)
    for (i, j), slices in windows.offsets():
        values[..., i, j, :] = grouped[(slice(None), *slices)]
    return values.reshape(groups, int(np.prod(shape[1:4])), -1)


def col2im(windows: Windows, columns: Array, rows: int) -> Array:
    """Sum the gradients of the columns at the pixels that they were read from."""
    values = columns.reshape(len(columns), rows, *windows.output, *windows.size, -1)
    channels = len(columns) * values.shape[-1]
    image = np.zeros((rows, *windows.padded_size, channels), columns.dtype)
    grouped = _grouped(image, len(columns))
    for (i, j), slices in windows.offsets():
        grouped[(slice(None), *slices)] += values[..., i, j, :]
    return np.ascontiguousarray(image[windows.interior])


def _by_group(values: Array, groups: int) -> Array:
    """View of an array (..., filters) as a matrix per group, (groups, ..., filters / groups).

    Of a kernel it is (groups, kh kw channels / groups, filters / groups), of images (groups,
    windows, filters / groups).
    """
    return values.reshape(-1, groups, values.shape[-1] // groups).transpose(1, 0, 2)


def _grouped(image: Array, groups: int) -> Array:
    """View (groups, rows, height, width, channels / groups) of (rows, height, width, channels)."""
    return np.moveaxis(image.reshape(*image.shape[:3], groups, -1), 3, 0)
