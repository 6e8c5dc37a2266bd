"""Rules of activations of pieces. Comparisons are written so that NaN gives NaN."""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.reference.elementwise import Result, elementwise
from nnspec.components.layers import piecewise_activations as layers


@elementwise
def relu6(_: layers.ReLU6, x: Array) -> Result:
    """y = min(max(x, 0), 6)."""
    return _line(x, 0, 6, 0, 1)


@elementwise
def hard_sigmoid(_: layers.HardSigmoid, x: Array) -> Result:
    """y = min(max(x + 3, 0), 6) / 6."""
    return _line(x, -3, 3, 3, 6)


@elementwise
def hard_tanh(_: layers.HardTanh, x: Array) -> Result:
    """y = min(max(x, -1), 1)."""
    return _line(x, -1, 1, 0, 1)


@elementwise
def sparse_sigmoid(_: layers.SparseSigmoid, x: Array) -> Result:
    """y = min(max((x + 1) / 2, 0), 1)."""
    return _line(x, -1, 1, 1, 2)


def _line(x: Array, low: int, high: int, shift: int, divisor: int) -> Result:
    """y = (c + shift) / divisor, with c = min(max(x, low), high); dy/dx = 1 / divisor between."""
    y = (np.clip(x, low, high) + shift) / divisor
    return y, lambda: ((x > low) & (x <= high)).astype(x.dtype) / divisor


@elementwise
def hard_silu(_: layers.HardSiLU, x: Array) -> Result:
    """y = 0 where x <= -3, x where x > 3, else x (x + 3) / 6."""
    y = x * ((np.clip(x, -3, 3) + 3) / 6)
    return y, lambda: np.where(x > 3, x.dtype.type(1), (x > -3) * ((2 * x + 3) / 6))


@elementwise
def soft_shrink(layer: layers.SoftShrink, x: Array) -> Result:
    """y = x - t where x > t, x + t where x <= -t, else 0."""
    t = layer.threshold
    y = np.where(x > t, x - t, np.where(x > -t, 0, x + t))
    return y, lambda: ((x > t) | (x <= -t)).astype(x.dtype)


@elementwise
def hard_shrink(layer: layers.HardShrink, x: Array) -> Result:
    """y = x where |x| > threshold, else 0."""
    return _kept(x, np.abs(x) <= layer.threshold, 0)


@elementwise
def threshold(layer: layers.Threshold, x: Array) -> Result:
    """y = x where x > threshold, else default_value."""
    return _kept(x, x <= layer.threshold, layer.default_value)


def _kept(x: Array, replaced: Array, value: float) -> Result:
    """y = value at some places, else x."""
    return np.where(replaced, x.dtype.type(value), x), lambda: (~replaced).astype(x.dtype)


@elementwise
def sparse_plus(_: layers.SparsePlus, x: Array) -> Result:
    """y = (c + 1)^2 / 4 where x < 1, else x, with c = max(x, -1); dy/dx = min((c + 1) / 2, 1)."""
    inner = np.clip(x, -1, 1) + 1
    return np.where(x >= 1, x, inner * inner / 4), lambda: inner / 2
