"""Rules of activations with exponentials, logarithms or square roots.

Each gives y, and dy/dx, where s(x) = 1 / (1 + e^-x).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.reference.activations import logistic
from nnspec.backends.numpy.reference.elementwise import Result, elementwise
from nnspec.components.layers import smooth_activations as layers


@elementwise
def elu(layer: layers.ELU, x: Array) -> Result:
    """y = x, dy/dx = 1 where x > 0, else y = alpha (e^x - 1), dy/dx = alpha e^x."""
    return _exponential_unit(x, 1.0, layer.alpha, 1.0)


@elementwise
def selu(_: layers.SELU, x: Array) -> Result:
    """y = scale x, dy/dx = scale where x > 0, else scale times those of elu."""
    return _exponential_unit(x, layers.SELU_SCALE, layers.SELU_ALPHA, 1.0)


@elementwise
def celu(layer: layers.CELU, x: Array) -> Result:
    """y = x, dy/dx = 1 where x > 0, else y = alpha (e^(x / alpha) - 1), dy/dx = e^(x / alpha)."""
    return _exponential_unit(x, 1.0, layer.alpha, layer.alpha)


def _exponential_unit(x: Array, scale: float, alpha: float, width: float) -> Result:
    """y = scale x where x > 0, else scale alpha (e^(x / width) - 1)."""
    inner = np.minimum(x, 0) / width
    y = scale * np.where(x > 0, x, alpha * np.expm1(inner))
    slope = scale * alpha / width
    return y, lambda: np.where(x > 0, x.dtype.type(scale), slope * np.exp(inner))


@elementwise
def mish(_: layers.Mish, x: Array) -> Result:
    """y = x t, dy/dx = t + x (1 - t^2) s(x), with t = tanh(ln(1 + e^x))."""
    t = np.tanh(np.logaddexp(x, x.dtype.type(0)))
    return x * t, lambda: t + x * ((1 - t * t) * _logistic(x))


@elementwise
def softplus(_: layers.Softplus, x: Array) -> Result:
    """y = ln(1 + e^x), dy/dx = s(x)."""
    return np.logaddexp(x, x.dtype.type(0)), lambda: _logistic(x)


@elementwise
def log_sigmoid(_: layers.LogSigmoid, x: Array) -> Result:
    """y = -ln(1 + e^-x), dy/dx = s(-x)."""
    return -np.logaddexp(-x, x.dtype.type(0)), lambda: _logistic(-x)


@elementwise
def softsign(_: layers.Softsign, x: Array) -> Result:
    """y = x / (1 + |x|), dy/dx = 1 / (1 + |x|)^2."""
    divisor = 1 + np.abs(x)
    return x / divisor, lambda: 1 / (divisor * divisor)


@elementwise
def exponential(_: layers.Exponential, x: Array) -> Result:
    """y = e^x = dy/dx."""
    y: Any = np.exp(x)
    return y, lambda: y


@elementwise
def tanh_shrink(_: layers.TanhShrink, x: Array) -> Result:
    """y = x - tanh x, dy/dx = tanh^2 x."""
    t = np.tanh(x)
    return x - t, lambda: t * t


@elementwise
def squareplus(layer: layers.Squareplus, x: Array) -> Result:
    """y = (x + r) / 2, dy/dx = (1 + x / r) / 2, with r = sqrt(x^2 + b)."""
    root = np.sqrt(x * x + layer.b)
    return (x + root) / 2, lambda: (1 + x / root) / 2


def _logistic(x: Array) -> Array:
    return logistic(x, np.empty_like(x))
