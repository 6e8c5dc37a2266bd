"""Activations with exponentials, logarithms or square roots, on Keras.

Keras' own differ from engine to engine: in the derivative at 0, in constants of float32, and in a
softplus that is linear above 20.
"""

from __future__ import annotations

from keras import ops

from nnspec.backends.keras.layers.elementwise import Constant, elementwise
from nnspec.backends.keras.rules import Tensor
from nnspec.components.layers import smooth_activations as layers


@elementwise
def elu(layer: layers.ELU, x: Tensor, constant: Constant) -> Tensor:
    """y = x where x > 0, else alpha (e^x - 1)."""
    return ops.where(x > 0, x, ops.expm1(_negative_part(x)) * constant(layer.alpha))


@elementwise
def selu(_: layers.SELU, x: Tensor, constant: Constant) -> Tensor:
    """y = scale x where x > 0, else scale alpha (e^x - 1)."""
    negative = ops.expm1(_negative_part(x)) * constant(layers.SELU_ALPHA)
    return ops.where(x > 0, x, negative) * constant(layers.SELU_SCALE)


@elementwise
def celu(layer: layers.CELU, x: Tensor, constant: Constant) -> Tensor:
    """y = x where x > 0, else alpha (e^(x / alpha) - 1)."""
    alpha = constant(layer.alpha)
    return ops.where(x > 0, x, ops.expm1(_negative_part(x) / alpha) * alpha)


@elementwise
def mish(_: layers.Mish, x: Tensor, constant: Constant) -> Tensor:
    """y = x tanh(ln(1 + e^x))."""
    return x * ops.tanh(_softplus(x))


@elementwise
def softplus(_: layers.Softplus, x: Tensor, constant: Constant) -> Tensor:
    """y = ln(1 + e^x)."""
    return _softplus(x)


@elementwise
def log_sigmoid(_: layers.LogSigmoid, x: Tensor, constant: Constant) -> Tensor:
    """y = -ln(1 + e^-x)."""
    return -_softplus(-x)


@elementwise
def softsign(_: layers.Softsign, x: Tensor, constant: Constant) -> Tensor:
    """y = x / (1 + |x|)."""
    return x / (ops.where(x > 0, x, -x) + 1)


@elementwise
def exponential(_: layers.Exponential, x: Tensor, constant: Constant) -> Tensor:
    """y = e^x."""
    return ops.exp(x)


@elementwise
def tanh_shrink(_: layers.TanhShrink, x: Tensor, constant: Constant) -> Tensor:
    """y = x - tanh x."""
    return x - ops.tanh(x)


@elementwise
def squareplus(layer: layers.Squareplus, x: Tensor, constant: Constant) -> Tensor:
    """y = (x + sqrt(x^2 + b)) / 2."""
    return (x + ops.sqrt(x * x + constant(layer.b))) / 2


def _negative_part(x: Tensor) -> Tensor:
    """min(x, 0), with the derivative 1 at 0."""
    return ops.where(x > 0, ops.zeros_like(x), x)


def _softplus(x: Tensor) -> Tensor:
    """x + ln(1 + e^-x) where x > 0, else ln(1 + e^x): neither overflows, and both are smooth."""
    positive = ops.where(x > 0, x, ops.zeros_like(x))
    above = positive + ops.log1p(ops.exp(-positive))
    return ops.where(x > 0, above, ops.log1p(ops.exp(_negative_part(x))))
