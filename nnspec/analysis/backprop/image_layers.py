"""Formulas of convolution and pooling for one image of any rank, as sums over kernel offsets.

For each offset the values there of all windows form an array of the output's sizes; `patches`
yields these arrays as views, so that adding to one adds to the image.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nnspec.analysis.backprop.activations import Floats
from nnspec.analysis.backprop.layers import LayerBackward, Weights, layer_formula
from nnspec.components.layers.convolution import Convolution
from nnspec.components.layers.global_pooling import (
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalAveragePooling3D,
    GlobalPooling,
)
from nnspec.components.layers.padding import Cropping, ZeroPadding
from nnspec.components.layers.pooling import (
    AveragePooling1D,
    AveragePooling2D,
    AveragePooling3D,
    MaxPooling1D,
    MaxPooling2D,
    MaxPooling3D,
    Pooling,
)
from nnspec.options.shapes import Pads
from nnspec.options.types import Shape

Patches = Iterator[tuple[Shape, Floats]]


def patches(image: Floats, size: Shape, strides: Shape, dilation: Shape, windows: Shape) -> Patches:
    """For each kernel offset (u, v), image[i s + u d, j s + v d] over all outputs (i, j)."""
    for offset in np.ndindex(*size):
        axes = zip(offset, dilation, strides, windows, strict=True)
        yield offset, image[tuple(slice(u * d, u * d + s * n, s) for u, d, s, n in axes)]


@layer_formula.register
def convolution(layer: Convolution, x: Floats, w: Weights) -> tuple[Floats, LayerBackward]:
    """z[i, j] = b + sum_uv x[i s + u d, j s + v d] W[u, v], in each group of channels."""
    shape = layer.output_shape(x.shape)
    padded, kernel = _padded(x, layer.pads), w["kernel"]
    geometry = (layer.kernel_size, layer.strides, layer.dilation_rate, shape[:-1])
    z, axes = np.zeros(shape) + w.get("bias", 0), tuple(range(layer.rank))
    for position, patch in patches(padded, *geometry):
        for ins, outs in _groups(layer, x.shape[-1]):
            z[..., outs] += patch[..., ins] @ kernel[position][:, outs]

    def backward(dz: Floats) -> tuple[Floats, Weights]:
        dx, dw = np.zeros_like(padded), np.zeros_like(kernel)
        for position, patch in patches(padded, *geometry):
            for ins, outs in _groups(layer, x.shape[-1]):
                dw[position][:, outs] = np.tensordot(patch[..., ins], dz[..., outs], (axes, axes))
        for position, patch in patches(dx, *geometry):
            for ins, outs in _groups(layer, x.shape[-1]):
                patch[..., ins] += dz[..., outs] @ kernel[position][:, outs].T
        return _cropped(dx, layer.pads), {"kernel": dw, "bias": dz.sum(axis=axes)}

    return z, backward


@layer_formula.register(MaxPooling1D)
@layer_formula.register(MaxPooling2D)
@layer_formula.register(MaxPooling3D)
def max_pooling(layer: Pooling, x: Floats, w: Weights) -> tuple[Floats, LayerBackward]:
    """y = max of each window; ties pass the gradient to the first of them."""
    windows, valid = _windows(layer, x), _windows(layer, np.ones_like(x))
    first = np.where(valid, windows, -np.inf).argmax(axis=0)
    return _pooled(layer, x, np.equal.outer(np.arange(len(windows)), first))


@layer_formula.register(AveragePooling1D)
@layer_formula.register(AveragePooling2D)
@layer_formula.register(AveragePooling3D)
def average_pooling(layer: Pooling, x: Floats, w: Weights) -> tuple[Floats, LayerBackward]:
    """y = mean of each window, padding excluded."""
    valid = _windows(layer, np.ones_like(x))
    return _pooled(layer, x, valid / valid.sum(axis=0))


@layer_formula.register(GlobalAveragePooling1D)
@layer_formula.register(GlobalAveragePooling2D)
@layer_formula.register(GlobalAveragePooling3D)
def global_average_pooling(
    layer: GlobalPooling, x: Floats, w: Weights
) -> tuple[Floats, LayerBackward]:
    """y_c = mean_ij x_ijc; dL/dx_ijc = dL/dy_c / n."""
    places = x.size // x.shape[-1]
    y = x.mean(axis=tuple(range(layer.rank)), keepdims=layer.keepdims)
    return y, lambda dy: (np.broadcast_to(dy / places, x.shape), {})


@layer_formula.register
def zero_padding(layer: ZeroPadding, x: Floats, w: Weights) -> tuple[Floats, LayerBackward]:
    """y = x with zeros around it."""
    return _padded(x, layer.padding), lambda dy: (_cropped(dy, layer.padding), {})


@layer_formula.register
def cropping(layer: Cropping, x: Floats, w: Weights) -> tuple[Floats, LayerBackward]:
    """y = x without its border."""
    return _cropped(x, layer.cropping), lambda dy: (_padded(dy, layer.cropping), {})


def _pooled(layer: Pooling, x: Floats, c: Floats) -> tuple[Floats, LayerBackward]:
    """y = sum_uv c_uv x_uv; dL/dx_uv = c_uv dL/dy, with c (positions, *output)."""

    def backward(dy: Floats) -> tuple[Floats, Weights]:
        dx = np.zeros_like(_padded(x, layer.pads))
        for c_uv, (_, patch) in zip(c, _patches(layer, dx, dy.shape), strict=True):
            patch += c_uv * dy
        return _cropped(dx, layer.pads), {}

    return (c * _windows(layer, x)).sum(axis=0), backward


def _windows(layer: Pooling, x: Floats) -> Floats:
    """Values of all windows by kernel offset, 0 in the padding: (offsets, *output)."""
    padded = _padded(x, layer.pads)
    shape = layer.output_shape(x.shape)
    return np.stack([patch for _, patch in _patches(layer, padded, shape)])


def _patches(layer: Pooling, padded: Floats, shape: Shape) -> Patches:
    return patches(padded, layer.pool_size, layer.steps, layer.dilation_rate, shape[:-1])


def _groups(layer: Convolution, channels: int) -> Iterator[tuple[slice, slice]]:
    """Input channels and output channels of each group."""
    ins, outs = channels // layer.groups, layer.filters // layer.groups
    for group in range(layer.groups):
        yield slice(group * ins, (group + 1) * ins), slice(group * outs, (group + 1) * outs)


def _padded(x: Floats, pads: Pads) -> Floats:
    return np.pad(x, (*pads, (0, 0)))


def _cropped(padded: Floats, pads: Pads) -> Floats:
    """An image without its padding."""
    spans = zip(pads, padded.shape[:-1], strict=True)
    return padded[tuple(slice(before, size - after) for (before, after), size in spans)]
