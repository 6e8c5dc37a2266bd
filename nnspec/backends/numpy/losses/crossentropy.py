"""Cross-entropies and their gradients.

From logits, the numbers before the last activation, the formula is that of activation and loss.
"""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.losses.formula import EPSILON, LossFormula
from nnspec.backends.numpy.reference.activations import logistic
from nnspec.components.losses.base import Loss
from nnspec.components.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
)
from nnspec.components.losses.focal import BinaryFocalCrossentropy


def binary_crossentropy(loss: BinaryCrossentropy | BinaryFocalCrossentropy) -> LossFormula:
    """L = -y ln p - (1 - y) ln(1 - p) with p clipped; the gradient is 0 where p is clipped."""

    def elements(p: Array, y: Array) -> Array:
        y, q = smoothed(y, loss.label_smoothing, 2), clipped(p)
        return -y * np.log(q) - (1 - y) * np.log1p(-q)

    def gradient(p: Array, y: Array) -> Array:
        y, q = smoothed(y, loss.label_smoothing, 2), clipped(p)
        return (q - y) / (q * (1 - q)) * (p == q)

    return LossFormula(elements, gradient)


def binary_crossentropy_with_sigmoid(
    loss: BinaryCrossentropy | BinaryFocalCrossentropy,
) -> LossFormula:
    """L = max(x, 0) - x y + ln(1 + e^-|x|), dL/dx = sigmoid(x) - y."""

    def predictions(x: Array) -> Array:
        return logistic(x, np.empty_like(x))

    def elements(x: Array, y: Array) -> Array:
        y = smoothed(y, loss.label_smoothing, 2)
        return np.maximum(x, 0) - x * y + np.log1p(np.exp(-np.abs(x)))

    def gradient(x: Array, y: Array) -> Array:
        return predictions(x) - smoothed(y, loss.label_smoothing, 2)

    return LossFormula(elements, gradient, predictions)


def categorical_crossentropy(loss: CategoricalCrossentropy) -> LossFormula:
    """L = -sum_m y_m ln q_m with q = p / sum p, clipped; the sum runs over the last axis."""

    def elements(p: Array, y: Array) -> Array:
        q = clipped(p / p.sum(axis=-1, keepdims=True))
        return -(smoothed(y, loss.label_smoothing, y.shape[-1]) * np.log(q)).sum(axis=-1)

    def gradient(p: Array, y: Array) -> Array:
        y = smoothed(y, loss.label_smoothing, y.shape[-1])
        total = p.sum(axis=-1, keepdims=True)
        normalized = p / total
        q = clipped(normalized)
        return by_scaled(-y / q * (normalized == q), normalized) / total

    return LossFormula(elements, gradient, reduced_axis=-1)


def categorical_crossentropy_with_softmax(loss: CategoricalCrossentropy) -> LossFormula:
    """L = -sum_m y_m (x_m - ln sum_l e^x_l), dL/dx = softmax(x) sum_m y_m - y."""

    def elements(x: Array, y: Array) -> Array:
        y = smoothed(y, loss.label_smoothing, y.shape[-1])
        shifted, log_sum = _shifted_log_sum(x)
        return log_sum * np.add.reduce(y, axis=-1) - np.add.reduce(y * shifted, axis=-1)

    def gradient(x: Array, y: Array) -> Array:
        y, p = smoothed(y, loss.label_smoothing, y.shape[-1]), softmax(x)
        np.multiply(p, np.add.reduce(y, axis=-1, keepdims=True), out=p)
        return np.subtract(p, y, out=p)

    return LossFormula(elements, gradient, softmax, reduced_axis=-1)


def sparse_categorical_crossentropy(_: Loss) -> LossFormula:
    """`categorical_crossentropy` of the class indices' one-hot rows."""
    dense = categorical_crossentropy(CategoricalCrossentropy())
    return LossFormula(
        lambda p, y: dense.elements(p, one_hot(y, p)),
        lambda p, y: dense.gradient(p, one_hot(y, p)),
        reduced_axis=-1,
    )


def sparse_crossentropy_with_softmax(_: Loss) -> LossFormula:
    """L = ln sum_l e^x_l - x_y, dL/dx = softmax(x) - one_hot(y)."""

    def elements(x: Array, y: Array) -> Array:
        shifted, log_sum = _shifted_log_sum(x)
        index = y.astype(np.intp)[..., None]
        return log_sum - np.take_along_axis(shifted, index, axis=-1)[..., 0]

    return LossFormula(elements, lambda x, y: softmax(x) - one_hot(y, x), softmax, reduced_axis=-1)


def by_scaled(gradient: Array, p: Array) -> Array:
    """Gradient by numbers of which p = x / sum x is 1 in all, times their sum."""
    return gradient - (gradient * p).sum(axis=-1, keepdims=True)


def smoothed(y: Array, smoothing: float, classes: int) -> Array:
    """Label smoothing: (1 - smoothing) y + smoothing / classes."""
    return y * (1 - smoothing) + smoothing / classes if smoothing else y


def one_hot(y: Array, like: Array) -> Array:
    """One-hot rows of the class indices y, with the last axis and the dtype of `like`."""
    return (np.arange(like.shape[-1]) == y[..., None]).astype(like.dtype)


def softmax(x: Array) -> Array:
    """e^x / sum e^x over the last axis, with x shifted by its maximum against overflow."""
    p = _shifted(x)
    np.exp(p, out=p)
    return np.divide(p, np.add.reduce(p, axis=-1, keepdims=True), out=p)


def log_softmax(x: Array) -> Array:
    """x - ln sum e^x over the last axis."""
    shifted, log_sum = _shifted_log_sum(x)
    return shifted - log_sum[..., None]


def _shifted_log_sum(x: Array) -> tuple[Array, Array]:
    """s = x - max x, and ln sum e^s over the last axis."""
    shifted = _shifted(x)
    return shifted, np.log(np.add.reduce(np.exp(shifted), axis=-1))


def _shifted(x: Array) -> Array:
    return x - np.maximum.reduce(x, axis=-1, keepdims=True)


def clipped(p: Array) -> Array:
    """p, or the end of [1e-7, 1 - 1e-7] that is nearer."""
    return np.clip(p, EPSILON, 1 - EPSILON)
