"""Rules of activations. The derivative at a kink is that of the branch x <= 0."""

from __future__ import annotations

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy.reference.context import Backward, Forward, RuleContext
from nnspec.components.layers.activations import (
    Heaviside,
    LeakyReLU,
    PReLU,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
)


def heaviside(layer: Heaviside, context: RuleContext) -> tuple[Forward, Backward]:
    """y = 1 where x > threshold, else 0; dx = 0."""
    y, threshold = context.empty(context.shape), layer.threshold

    def forward(x: Array) -> Array:
        return np.greater(x, threshold, out=y, casting="unsafe")

    def backward(dy: Array) -> Array:
        dy.fill(0)
        return dy

    return forward, backward


def sigmoid(layer: Sigmoid, context: RuleContext) -> tuple[Forward, Backward]:
    """y = 1 / (1 + e^-x); dx = dy y (1 - y)."""
    y, slope = context.empty(context.shape), context.empty(context.shape)

    def forward(x: Array) -> Array:
        return logistic(x, y)

    def backward(dy: Array) -> Array:
        np.subtract(1, y, out=slope)
        slope.__imul__(y)
        return np.multiply(dy, slope, out=dy)

    return forward, backward


def logistic(x: Array, out: Array) -> Array:
    """1 / (1 + e^-x), without overflow: e^-|x| is at most 1."""
    np.exp(-np.abs(x), out=out)
    numerator: Array = np.maximum(x >= 0, out)
    return np.divide(numerator, 1 + out, out=out)


def tanh(layer: Tanh, context: RuleContext) -> tuple[Forward, Backward]:
    """y = tanh x; dx = dy (1 - y^2)."""
    y, slope = context.empty(context.shape), context.empty(context.shape)

    def forward(x: Array) -> Array:
        return np.tanh(x, out=y)

    def backward(dy: Array) -> Array:
        np.multiply(y, y, out=slope)
        np.subtract(1, slope, out=slope)
        return np.multiply(dy, slope, out=dy)

    return forward, backward


def relu(layer: ReLU, context: RuleContext) -> tuple[Forward, Backward]:
    """y = max(x, 0); dx = dy where x > 0, else 0."""
    y, positive = context.empty(context.shape), context.empty(context.shape, bool)

    def forward(x: Array) -> Array:
        return np.maximum(x, 0, out=y)

    def backward(dy: Array) -> Array:
        np.greater(y, 0, out=positive)
        return np.multiply(dy, positive, out=dy)

    return forward, backward


def leaky_relu(layer: LeakyReLU, context: RuleContext) -> tuple[Forward, Backward]:
    """y = x d and dx = dy d, where the derivative d is 1 for x > 0 and the slope elsewhere."""
    y, derivative = context.empty(context.shape), context.empty(context.shape)
    slope = layer.negative_slope

    def forward(x: Array) -> Array:
        np.multiply(x > 0, 1 - slope, out=derivative)
        np.add(derivative, slope, out=derivative)
        return np.multiply(x, derivative, out=y)

    def backward(dy: Array) -> Array:
        return np.multiply(dy, derivative, out=dy)

    return forward, backward


def prelu(layer: PReLU, context: RuleContext) -> tuple[Forward, Backward]:
    """y = max(x, 0) + alpha min(x, 0); dalpha = sum dy min(x, 0) over rows and shared axes."""
    alpha = context.weight("alpha")
    y, negative_part = context.empty(context.shape), context.empty(context.shape)
    positive = context.empty(context.shape, bool)
    shared_axes = (0, *(axis for axis, size in enumerate(alpha.shape, start=1) if size == 1))

    def forward(x: Array) -> Array:
        np.greater(x, 0, out=positive)
        np.minimum(x, 0, out=negative_part)
        np.multiply(negative_part, alpha, out=y)
        return np.add(y, np.maximum(x, 0), out=y)

    def backward(dy: Array) -> Array:
        np.sum(
            dy * negative_part,
            axis=shared_axes,
            out=context.gradient("alpha").reshape(_shape_without(alpha, shared_axes)),
        )
        np.multiply(dy, np.where(positive, dy.dtype.type(1), alpha), out=dy)
        return dy

    return forward, backward


def _shape_without(alpha: Array, shared_axes: tuple[int, ...]) -> tuple[int, ...]:
    """Shape of alpha without the shared axes: that of a sum over them."""
    return tuple(size for axis, size in enumerate(alpha.shape, start=1) if axis not in shared_axes)


def softmax(layer: Softmax, context: RuleContext) -> tuple[Forward, Backward]:
    """y = e^(x - max x) / sum e^(x - max x); dx = y (dy - sum dy y), both along `axis`."""
    y, weighted = context.empty(context.shape), context.empty(context.shape)
    axis: int = layer.axis

    def forward(x: Array) -> Array:
        np.subtract(x, x.max(axis=axis, keepdims=True), out=y)
        np.exp(y, out=y)
        return np.divide(y, y.sum(axis=axis, keepdims=True), out=y)

    def backward(dy: Array) -> Array:
        np.multiply(dy, y, out=weighted)
        np.subtract(dy, weighted.sum(axis=axis, keepdims=True), out=dy)
        return np.multiply(dy, y, out=dy)

    return forward, backward
