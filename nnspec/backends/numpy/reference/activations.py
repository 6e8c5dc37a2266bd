"""Rules of activations. The derivative at a kink is that of the branch x <= 0."""

from __future__ import annotations

from math import inf, pi, sqrt

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.erf import erf
from nnspec.backends.numpy.reference.context import Backward, Forward, RuleContext
from nnspec.backends.numpy.reference.elementwise import Result, elementwise
from nnspec.components.layers.activations import (
    GELU,
    Heaviside,
    LeakyReLU,
    PReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Tanh,
)

_CUBIC, _TANH_SCALE = 0.044715, sqrt(2 / pi)  # of the approximate GELU


def heaviside(layer: Heaviside, _: RuleContext) -> Forward:
    """y = 1 where x > threshold, else 0; dx = 0."""

    def forward(x: Array) -> tuple[Array, Backward]:
        return (x > layer.threshold).astype(x.dtype), lambda dy: (np.zeros_like(dy),)

    return forward


def sigmoid(_: Sigmoid, __: RuleContext) -> Forward:
    """y = 1 / (1 + e^-x); dx = dy y (1 - y)."""

    def forward(x: Array) -> tuple[Array, Backward]:
        y = logistic(x, np.empty_like(x))
        return y, lambda dy: (dy * ((1 - y) * y),)

    return forward


def logistic(x: Array, out: Array) -> Array:
    """1 / (1 + e^-x), without overflow: e^-|x| is at most 1."""
    np.exp(-np.abs(x), out=out)
    numerator: Array = np.maximum(x >= 0, out)
    return np.divide(numerator, 1 + out, out=out)


def tanh(_: Tanh, __: RuleContext) -> Forward:
    """y = tanh x; dx = dy (1 - y^2)."""

    def forward(x: Array) -> tuple[Array, Backward]:
        y = np.tanh(x)
        return y, lambda dy: (dy * (1 - y * y),)

    return forward


def relu(layer: ReLU, context: RuleContext) -> Forward:
    """y = max(x, 0); dx = dy where x > 0, else 0."""
    if not layer.is_plain:
        return _relu_of_pieces(layer, context)

    def forward(x: Array) -> tuple[Array, Backward]:
        y = np.maximum(x, 0)
        return y, lambda dy: (dy * (y > 0),)

    return forward


@elementwise
def _relu_of_pieces(layer: ReLU, x: Array) -> Result:
    """y = min(x, max_value) where x > threshold, else slope (x - threshold)."""
    t, slope = layer.threshold, layer.negative_slope
    high = inf if layer.max_value is None else layer.max_value
    below = slope * (np.minimum(x, t) - t) if slope else 0
    y = np.where(x <= t, below, np.minimum(x, high))
    return y, lambda: np.where(x <= t, x.dtype.type(slope), x <= high)


def gelu(layer: GELU, _: RuleContext) -> Forward:
    """y = x Phi(x), dx = dy (Phi(x) + x phi(x)), with the normal distribution Phi and density phi.

    Or, if `approximate`, with (1 + t) / 2 and its derivative instead,
    t = tanh(sqrt(2 / pi) (x + 0.044715 x^3)).
    """
    distribution = _tanh_distribution if layer.approximate else _normal_distribution

    def forward(x: Array) -> tuple[Array, Backward]:
        probability, density = distribution(x)
        return x * probability, lambda dy: (dy * (probability + x * density),)

    return forward


def _normal_distribution(x: Array) -> tuple[Array, Array]:
    """Phi(x) = (1 + erf(x / sqrt 2)) / 2, and phi(x) = e^(-x^2 / 2) / sqrt(2 pi)."""
    return (1 + erf(x / sqrt(2))) / 2, np.exp(x * x / -2) / sqrt(2 * pi)


def _tanh_distribution(x: Array) -> tuple[Array, Array]:
    """(1 + t) / 2, t = tanh(c (x + a x^3)), and its derivative (1 - t^2) c (1 + 3 a x^2) / 2."""
    t = np.tanh(_TANH_SCALE * (x + _CUBIC * (x * x * x)))
    return (1 + t) / 2, (1 - t * t) * (_TANH_SCALE / 2 * (1 + 3 * _CUBIC * (x * x)))


def silu(_: SiLU, __: RuleContext) -> Forward:
    """y = x s, dx = dy s (1 + x (1 - s)), with s = 1 / (1 + e^-x)."""

    def forward(x: Array) -> tuple[Array, Backward]:
        s = logistic(x, np.empty_like(x))
        return x * s, lambda dy: (dy * (s * (1 + x * (1 - s))),)

    return forward


def leaky_relu(layer: LeakyReLU, _: RuleContext) -> Forward:
    """y = x d and dx = dy d, where the derivative d is 1 for x > 0 and the slope elsewhere."""
    slope = layer.negative_slope

    def forward(x: Array) -> tuple[Array, Backward]:
        derivative = np.where(x > 0, x.dtype.type(1), x.dtype.type(slope))
        return x * derivative, lambda dy: (dy * derivative,)

    return forward


def prelu(_: PReLU, context: RuleContext) -> Forward:
    """y = max(x, 0) + alpha min(x, 0); dalpha = sum dy min(x, 0) over rows and shared axes."""
    alpha = context.weight("alpha")
    shared_axes = (0, *(axis for axis, size in enumerate(alpha.shape, start=1) if size == 1))

    def forward(x: Array) -> tuple[Array, Backward]:
        negative_part = np.minimum(x, 0)

        def backward(dy: Array) -> tuple[Array]:
            by_alpha = (dy * negative_part).sum(axis=shared_axes)
            context.add_gradient("alpha", by_alpha.reshape(alpha.shape))
            return (dy * np.where(x > 0, x.dtype.type(1), alpha),)

        return negative_part * alpha + np.maximum(x, 0), backward

    return forward


def softmax(layer: Softmax, _: RuleContext) -> Forward:
    """y = e^(x - max x) / sum e^(x - max x); dx = y (dy - sum dy y), both along `axis`."""
    axis = layer.axis

    def forward(x: Array) -> tuple[Array, Backward]:
        y = np.exp(x - x.max(axis=axis, keepdims=True))
        y /= y.sum(axis=axis, keepdims=True)
        return y, lambda dy: ((dy - (dy * y).sum(axis=axis, keepdims=True)) * y,)

    return forward
