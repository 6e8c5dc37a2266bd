"""Activations of pieces, on Keras.

Keras' own differ at a kink from engine to engine: the derivative here is that of the piece on its
left. NaN gives NaN.
"""

from __future__ import annotations

from keras import ops

from nnspec.backends.keras.layers.elementwise import Constant, elementwise
from nnspec.backends.keras.rules import Tensor
from nnspec.components.layers import piecewise_activations as layers


@elementwise
def relu6(_: layers.ReLU6, x: Tensor, constant: Constant) -> Tensor:
    """y = min(max(x, 0), 6)."""
    return _clipped(x, 0, 6)


@elementwise
def hard_sigmoid(_: layers.HardSigmoid, x: Tensor, constant: Constant) -> Tensor:
    """y = min(max(x + 3, 0), 6) / 6."""
    return (_clipped(x, -3, 3) + 3) / 6


@elementwise
def hard_tanh(_: layers.HardTanh, x: Tensor, constant: Constant) -> Tensor:
    """y = min(max(x, -1), 1)."""
    return _clipped(x, -1, 1)


@elementwise
def sparse_sigmoid(_: layers.SparseSigmoid, x: Tensor, constant: Constant) -> Tensor:
    """y = min(max((x + 1) / 2, 0), 1)."""
    return (_clipped(x, -1, 1) + 1) / 2


def _clipped(x: Tensor, low: float, high: float) -> Tensor:
    """min(max(x, low), high), with the derivative 1 where low < x <= high."""
    return ops.where(x <= low, _filled(x, low), ops.where(x > high, _filled(x, high), x))


def _filled(x: Tensor, value: float) -> Tensor:
    """One number in the shape of x."""
    return ops.full_like(x, value)


@elementwise
def hard_silu(_: layers.HardSiLU, x: Tensor, constant: Constant) -> Tensor:
    """y = 0 where x <= -3, x where x > 3, else x (x + 3) / 6."""
    inner = ops.where(x > 3, x, x * ((x + 3) / 6))
    return ops.where(x <= -3, ops.zeros_like(x), inner)


@elementwise
def soft_shrink(layer: layers.SoftShrink, x: Tensor, constant: Constant) -> Tensor:
    """y = x - t where x > t, x + t where x <= -t, else 0."""
    t = constant(layer.threshold)
    return ops.where(x > t, x - t, ops.where(x > -t, ops.zeros_like(x), x + t))


@elementwise
def hard_shrink(layer: layers.HardShrink, x: Tensor, constant: Constant) -> Tensor:
    """y = x where |x| > threshold, else 0."""
    return ops.where(ops.abs(x) <= constant(layer.threshold), ops.zeros_like(x), x)


@elementwise
def threshold(layer: layers.Threshold, x: Tensor, constant: Constant) -> Tensor:
    """y = x where x > threshold, else default_value."""
    value = _filled(x, constant(layer.default_value))
    return ops.where(x <= constant(layer.threshold), value, x)


@elementwise
def sparse_plus(_: layers.SparsePlus, x: Tensor, constant: Constant) -> Tensor:
    """y = 0 where x <= -1, x where x >= 1, else (x + 1)^2 / 4."""
    inner = ops.where(x >= 1, x, (x + 1) * (x + 1) / 4)
    return ops.where(x <= -1, ops.zeros_like(x), inner)
