"""Kernels of sigmoid, tanh, leaky ReLU and silu, in place where the input may be overwritten."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.blocks import BlockedTensor, as_wide_matrix
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.plan import Kernel
from nnspec.backends.numpy.fast.scratch import scratch

CHUNK = 1 << 16  # numbers that are computed at once: they stay in cache

Formula = Callable[..., None]


def sigmoid(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = 1 / (1 + e^-x); dx = dy y (1 - y)."""
    return _from_output(context, x, _logistic, _sigmoid_backward)


def tanh(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = tanh x; dx = dy (1 - y^2)."""
    return _from_output(context, x, _tanh, _tanh_backward)


def leaky_relu(context: BlockContext, x: BlockedTensor, slope: float) -> Kernel:
    """y = max(x, slope x), dx = dy where y > 0, else slope dy, for a slope from 0 to 1."""
    formulas = partial(_leaky_relu, slope), partial(_leaky_relu_backward, slope)
    return _from_output(context, x, *formulas)


def silu(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = x s, dx = dy s (1 + x (1 - s)), with s = 1 / (1 + e^-x)."""
    in_place = x.overwritable and not context.training
    y = x if in_place else context.allocate_like(x, overwritable=True)
    sigmoids = context.like_buffers(x)
    forward = [
        partial(by_chunks, _silu, *arrays)
        for arrays in zip(x.values, sigmoids, y.values, strict=True)
    ]
    if not context.training:
        return Kernel(y, [forward])
    arrays = zip(x.values, sigmoids, y.gradients, strict=True)
    return Kernel(y, [forward], [[partial(by_chunks, _silu_backward, *of) for of in arrays]])


def _from_output(
    context: BlockContext, x: BlockedTensor, formula: Formula, derivative: Formula
) -> Kernel:
    """An activation whose derivative is a function of its output."""
    values = x.values if x.overwritable else context.like_buffers(x)
    overwritable = not context.training  # the backward pass reads y
    y = context.share_gradient(x._replace(values=values, overwritable=overwritable))
    pairs = zip(x.values, y.values, strict=True)
    forward = [partial(by_chunks, formula, *pair) for pair in pairs]
    if not context.training:
        return Kernel(y, [forward])
    pairs = zip(y.values, y.gradients, strict=True)
    return Kernel(y, [forward], [[partial(by_chunks, derivative, *pair) for pair in pairs]])


def by_chunks(formula: Formula, *blocks: Array) -> None:
    """Apply a formula to some rows of the blocks after the other."""
    for chunk in _chunks(blocks):
        formula(*chunk)


def _chunks(blocks: tuple[Array, ...]) -> Iterator[list[Array]]:
    matrices = list(map(as_wide_matrix, blocks))
    rows, length = matrices[0].shape
    step = max(1, CHUNK // length)
    return ([matrix[i : i + step] for matrix in matrices] for i in range(0, rows, step))


def _logistic(x: Array, out: Array) -> None:
    """1 / (1 + e^-x), without overflow: e^-|x| is at most 1. `out` may be x."""
    power = scratch(x.shape, x.dtype)
    np.abs(x, out=power)
    np.negative(power, out=power)
    np.exp(power, out=power)
    np.greater_equal(x, 0, out=out)
    np.maximum(out, power, out=out)
    np.add(power, 1, out=power)
    np.divide(out, power, out=out)


def _sigmoid_backward(y: Array, dy: Array) -> None:
    slope = scratch(y.shape, y.dtype)
    np.subtract(1, y, out=slope)
    np.multiply(slope, y, out=slope)
    np.multiply(dy, slope, out=dy)


def _tanh(x: Array, out: Array) -> None:
    np.tanh(x, out=out)


def _tanh_backward(y: Array, dy: Array) -> None:
    slope = scratch(y.shape, y.dtype)
    np.multiply(y, y, out=slope)
    np.subtract(1, slope, out=slope)
    np.multiply(dy, slope, out=dy)


def _leaky_relu(slope: float, x: Array, out: Array) -> None:
    product = scratch(x.shape, x.dtype)
    np.multiply(x, slope, out=product)
    np.maximum(x, product, out=out)


def _leaky_relu_backward(slope: float, y: Array, dy: Array) -> None:
    derivative = scratch(y.shape, y.dtype)
    np.greater(y, 0, out=derivative)
    np.maximum(derivative, slope, out=derivative)
    np.multiply(dy, derivative, out=dy)


def _silu(x: Array, sigmoid: Array, y: Array) -> None:
    _logistic(x, sigmoid)
    np.multiply(x, sigmoid, out=y)


def _silu_backward(x: Array, sigmoid: Array, dy: Array) -> None:
    slope = scratch(x.shape, x.dtype)
    np.subtract(1, sigmoid, out=slope)
    np.multiply(slope, x, out=slope)
    np.add(slope, 1, out=slope)
    np.multiply(slope, sigmoid, out=slope)
    np.multiply(dy, slope, out=dy)
