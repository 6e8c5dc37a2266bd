"""The rules of convolutions over any number of spatial axes: im2col and one matrix product."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.reference.context import Backward, Forward, RuleContext
from nnspec.backends.numpy.windows import Windows, conv_windows, transposed_windows
from nnspec.components.layers.convolution import Convolution
from nnspec.components.layers.depthwise_convolution import DepthwiseConvolution
from nnspec.components.layers.transposed_convolution import TransposedConvolution
from nnspec.options.types import Shape


def conv(layer: Convolution, context: RuleContext) -> Forward:
    """y = columns W + b, the product batched over groups."""
    return _convolve(context, layer.groups)


def depthwise_conv(_: DepthwiseConvolution, context: RuleContext) -> Forward:
    """y = columns W + b with a group for each channel: W is (*size, in, m)."""
    return _convolve(context, context.node.input_shapes[0][-1])


def _convolve(context: RuleContext, groups: int) -> Forward:
    """y = columns W + b; dW = columns' dy, db = sum dy, dcolumns = dy W', dx = col2im(dcolumns).

    For g groups, columns are (g, windows, size channels / g) and W is (g, size channels / g,
    filters / g): the product is batched over groups.
    """
    windows, filters = conv_windows(context.node), context.node.shape[-1]
    kernel = context.weight("kernel").reshape(*windows.size, -1, filters)

    def forward(x: Array) -> tuple[Array, Backward]:
        columns = im2col(windows, windows.pad(x), groups)
        y = np.empty((len(x), *context.node.shape), x.dtype)
        np.matmul(columns, _by_group(kernel, groups), out=_by_group(y, groups))
        _add_bias(y, context)

        def backward(dy: Array) -> tuple[Array | None]:
            gradient, by_group = np.empty_like(kernel), _by_group(dy, groups)
            np.matmul(columns.transpose(0, 2, 1), by_group, out=_by_group(gradient, groups))
            _add_gradients(gradient, dy, context)
            if not context.input_gradients[0]:
                return (None,)
            by_columns = by_group @ _by_group(kernel, groups).transpose(0, 2, 1)
            return (col2im(windows, by_columns, len(x)),)

        return y, backward

    return forward


def conv_transpose(_: TransposedConvolution, context: RuleContext) -> Forward:
    """y = col2im(x W') + b; dW = columns' x of columns = im2col(dy), dx = columns W.

    W is (*size, filters, in), and the windows are those of the convolution from y to x.
    """
    windows, filters = transposed_windows(context.node), context.node.shape[-1]
    kernel = context.weight("kernel")
    matrix = kernel.reshape(-1, kernel.shape[-1])

    def forward(x: Array) -> tuple[Array, Backward]:
        pixels = x.reshape(-1, x.shape[-1])
        y = col2im(windows, (pixels @ matrix.T)[None], len(x)).reshape(
            len(x), *windows.input, filters
        )
        _add_bias(y, context)

        def backward(dy: Array) -> tuple[Array | None]:
            (columns,) = im2col(windows, windows.pad(dy), 1)
            _add_gradients((columns.T @ pixels).reshape(kernel.shape), dy, context)
            return ((columns @ matrix).reshape(x.shape) if context.input_gradients[0] else None,)

        return y, backward

    return forward


def _add_bias(y: Array, context: RuleContext) -> None:
    if "bias" in context.node.weights:
        y += context.weight("bias")


def _add_gradients(kernel: Array, dy: Array, context: RuleContext) -> None:
    """Add the gradient of the kernel, and that of the bias, which is the sum of dy."""
    context.add_gradient("kernel", kernel.reshape(context.weight("kernel").shape))
    if "bias" in context.node.weights:
        context.add_gradient("bias", dy.sum(axis=tuple(range(dy.ndim - 1))))


def im2col(windows: Windows, padded: Array, groups: int) -> Array:
    """Each window's values as a row of the matrix of its group.

    Images (rows, *sizes, channels) give (groups, windows, size channels / groups).
    """
    grouped = _grouped(padded, groups)
    shape = (groups, len(padded), *windows.output, *windows.size, grouped.shape[-1])
    values = np.empty(shape, padded.dtype)
    for offset, slices in windows.offsets():
        values[_at(offset)] = grouped[(slice(None), *slices)]
    return values.reshape(groups, len(padded) * prod(windows.output), -1)


def col2im(windows: Windows, columns: Array, rows: int) -> Array:
    """Sum the gradients of the columns at the pixels that they were read from."""
    values = columns.reshape(len(columns), rows, *windows.output, *windows.size, -1)
    channels = len(columns) * values.shape[-1]
    image = np.zeros((rows, *windows.padded_size, channels), columns.dtype)
    grouped = _grouped(image, len(columns))
    for offset, slices in windows.offsets():
        grouped[(slice(None), *slices)] += values[_at(offset)]
    return np.ascontiguousarray(image[windows.interior])


def _at(offset: Shape) -> tuple[Any, ...]:
    """The index of an offset in arrays (..., *size, channels)."""
    return (..., *offset, slice(None))


def _by_group(values: Array, groups: int) -> Array:
    """View of an array (..., filters) as a matrix per group, (groups, ..., filters / groups).

    Of a kernel it is (groups, size channels / groups, filters / groups), of images (groups,
    windows, filters / groups).
    """
    return values.reshape(-1, groups, values.shape[-1] // groups).transpose(1, 0, 2)


def _grouped(image: Array, groups: int) -> Array:
    """View (groups, rows, *sizes, channels / groups) of images (rows, *sizes, channels)."""
    return np.moveaxis(image.reshape(*image.shape[:-1], groups, -1), -2, 0)
