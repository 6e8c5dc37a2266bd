"""Formulas of convolution and pooling for one image, as sums over kernel offsets (u, v).

For each (u, v) the values at that offset of all windows form an array of the output's height and
width; `patches` yields these arrays as views, so that adding to one adds to the image.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nnspec.analysis.backprop.activations import Floats
from nnspec.analysis.backprop.layers import LayerBackward, Weights, layer_formula
from nnspec.components.layers.convolution import Conv2D
from nnspec.components.layers.global_pooling import GlobalAveragePooling2D
from nnspec.components.layers.padding import ZeroPadding2D
from nnspec.components.layers.pooling import AveragePooling2D, MaxPooling2D, Pooling2D
from nnspec.options.shapes import Pads
from nnspec.options.types import Shape


def patches(
    image: Floats, size: Shape, strides: Shape, dilation: Shape, windows: Shape
) -> Iterator[tuple[tuple[int, int], Floats]]:
    """For each kernel offset (u, v), image[i s + u d, j s + v d] over all outputs (i, j)."""
    for u, v in np.ndindex(*size):
        starts = u * dilation[0], v * dilation[1]
        ends = (start + s * n for start, s, n in zip(starts, strides, windows, strict=True))
        rows, columns = map(slice, starts, ends, strides)
        yield (u, v), image[rows, columns]


@layer_formula.register
def conv2d(layer: Conv2D, x: Floats, w: Weights) -> tuple[Floats, LayerBackward]:
    """z[i, j] = b + sum_uv x[i s + u d, j s + v d] W[u, v], in each group of channels."""
    height, width, _ = shape = layer.output_shape(x.shape)
    padded, kernel = _padded(x, layer.pads), w["kernel"]
    geometry = (layer.kernel_size, layer.strides, layer.dilation_rate, (height, width))
    z = np.zeros(shape) + w.get("bias", 0)
    for position, patch in patches(padded, *geometry):
        for ins, outs in _groups(layer, x.shape[2]):
            z[..., outs] += patch[..., ins] @ kernel[position][:, outs]

    def backward(dz: Floats) -> tuple[Floats, Weights]:
        dx, dw = np.zeros_like(padded), np.zeros_like(kernel)
        for position, patch in patches(padded, *geometry):
            for ins, outs in _groups(layer, x.shape[2]):
                dw[position][:, outs] = np.einsum("ijc,ijf->cf", patch[..., ins], dz[..., outs])
        for position, patch in patches(dx, *geometry):
            for ins, outs in _groups(layer, x.shape[2]):
                patch[..., ins] += dz[..., outs] @ kernel[position][:, outs].T
        return _cropped(dx, layer.pads), {"kernel": dw, "bias": dz.sum(axis=(0, 1))}

    return z, backward


@layer_formula.register
def max_pooling2d(layer: MaxPooling2D, x: Floats, w: Weights) -> tuple[Floats, LayerBackward]:
    """y = max of each window; ties pass the gradient to the first of them."""
    windows, valid = _windows(layer, x), _windows(layer, np.ones_like(x))
    first = np.where(valid, windows, -np.inf).argmax(axis=0)
    return _pooled(layer, x, np.equal.outer(np.arange(len(windows)), first))


@layer_formula.register
def average_pooling2d(
    layer: AveragePooling2D, x: Floats, w: Weights
) -> tuple[Floats, LayerBackward]:
    """y = mean of each window, padding excluded."""
    valid = _windows(layer, np.ones_like(x))
    return _pooled(layer, x, valid / valid.sum(axis=0))


@layer_formula.register
def global_average_pooling2d(
    layer: GlobalAveragePooling2D, x: Floats, w: Weights
) -> tuple[Floats, LayerBackward]:
    """y_c = mean_ij x_ijc; dL/dx_ijc = dL/dy_c / n."""
    places = x.shape[0] * x.shape[1]
    y = x.mean(axis=(0, 1), keepdims=layer.keepdims)
    return y, lambda dy: (np.broadcast_to(dy / places, x.shape), {})


@layer_formula.register
def zero_padding2d(layer: ZeroPadding2D, x: Floats, w: Weights) -> tuple[Floats, LayerBackward]:
    """y = x with zeros around it."""
    return _padded(x, layer.padding), lambda dy: (_cropped(dy, layer.padding), {})


def _pooled(layer: Pooling2D, x: Floats, c: Floats) -> tuple[Floats, LayerBackward]:
    """y = sum_uv c_uv x_uv; dL/dx_uv = c_uv dL/dy, with c (positions, *output)."""

    def backward(dy: Floats) -> tuple[Floats, Weights]:
        dx = np.zeros_like(_padded(x, layer.pads))
        for c_uv, (_, patch) in zip(c, _patches(layer, dx, dy.shape), strict=True):
            patch += c_uv * dy
        return _cropped(dx, layer.pads), {}

    return (c * _windows(layer, x)).sum(axis=0), backward


def _windows(layer: Pooling2D, x: Floats) -> Floats:
    """Values of all windows by kernel offset, 0 in the padding: (offsets, *output)."""
    padded = _padded(x, layer.pads)
    shape = layer.output_shape(x.shape)
    return np.stack([patch for _, patch in _patches(layer, padded, shape)])


def _patches(
    layer: Pooling2D, padded: Floats, shape: Shape
) -> Iterator[tuple[tuple[int, int], Floats]]:
    strides = layer.strides or layer.pool_size
    return patches(padded, layer.pool_size, strides, (1, 1), shape[:2])


def _groups(layer: Conv2D, channels: int) -> Iterator[tuple[slice, slice]]:
    """Input channels and output channels of each group."""
    ins, outs = channels // layer.groups, layer.filters // layer.groups
    for group in range(layer.groups):
        yield slice(group * ins, (group + 1) * ins), slice(group * outs, (group + 1) * outs)


def _padded(x: Floats, pads: Pads) -> Floats:
    return np.pad(x, (*pads, (0, 0)))


def _cropped(padded: Floats, pads: Pads) -> Floats:
    """An image without its padding."""
    (top, bottom), (left, right) = pads
    height, width, _ = padded.shape
    return padded[top : height - bottom, left : width - right]
