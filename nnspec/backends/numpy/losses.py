"""Losses and their gradients; the loss of a batch is the mean over its rows, as in Keras.

A loss from logits takes the network's output before the last activation: its formula is that of
activation and loss together.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy import registry
from nnspec.backends.numpy.reference.activations import logistic
from nnspec.components.losses.base import Loss
from nnspec.components.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
)

CLIP = 1e-7


class LossFormula(NamedTuple):
    """A loss as functions of the network's outputs and the targets."""

    elements: Callable[[Array, Array], Array]
    gradient: Callable[[Array, Array], Array]  # of each element; a new array
    predictions: Callable[[Array], Array] = lambda outputs: outputs
    reduces_last_axis: bool = False  # whether the loss reduces the last axis

    def mean_gradient(self, outputs: Array, targets: Array, rows: int) -> Array:
        """Gradient of the mean loss of a batch of `rows` rows, for some of these rows."""
        gradient = self.gradient(outputs, targets)
        elements_per_row = prod(
            outputs.shape[1:-1] if self.reduces_last_axis else outputs.shape[1:]
        )
        return np.divide(gradient, rows * elements_per_row, out=gradient)


def loss_formula(loss: Loss, from_logits: bool) -> LossFormula:
    """The formula of a loss; with `from_logits`, of the loss fused with the last activation."""
    rules = registry.LOSSES_FROM_LOGITS if from_logits else registry.LOSSES
    formula: LossFormula = rules[loss](loss)
    return formula


def row_means(values: Array, dtype: Any = None) -> Array:
    """Mean of each row, values (rows, ...); an array (rows) is returned unchanged."""
    if values.ndim == 1:
        return values
    rows = values.reshape(len(values), -1)
    return np.add.reduce(rows, axis=1, dtype=dtype) / rows.shape[1]


def mean_squared_error(_: Loss) -> LossFormula:
    """L = (p - y)^2, dL/dp = 2 (p - y)."""
    return LossFormula(lambda p, y: np.square(p - y), lambda p, y: 2 * (p - y))


def half_squared_error(_: Loss) -> LossFormula:
    """L = (p - y)^2 / 2, dL/dp = p - y."""
    return LossFormula(lambda p, y: np.square(p - y) / 2, lambda p, y: p - y)


def binary_crossentropy(loss: BinaryCrossentropy) -> LossFormula:
    """L = -y ln p - (1 - y) ln(1 - p) with p clipped; the gradient is 0 where p is clipped."""

    def elements(p: Array, y: Array) -> Array:
        y, q = smoothed(y, loss.label_smoothing, 2), _clip(p)
        return -y * np.log(q) - (1 - y) * np.log1p(-q)

    def gradient(p: Array, y: Array) -> Array:
        y, q = smoothed(y, loss.label_smoothing, 2), _clip(p)
        return (q - y) / (q * (1 - q)) * (p == q)

    return LossFormula(elements, gradient)


def binary_crossentropy_with_sigmoid(loss: BinaryCrossentropy) -> LossFormula:
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
        q = _clip(p / p.sum(axis=-1, keepdims=True))
        return -(smoothed(y, loss.label_smoothing, y.shape[-1]) * np.log(q)).sum(axis=-1)

    def gradient(p: Array, y: Array) -> Array:
        y = smoothed(y, loss.label_smoothing, y.shape[-1])
        total = p.sum(axis=-1, keepdims=True)
        normalized = p / total
        q = _clip(normalized)
        by_normalized = -y / q * (normalized == q)
        return (by_normalized - (by_normalized * normalized).sum(axis=-1, keepdims=True)) / total

    return LossFormula(elements, gradient, reduces_last_axis=True)


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

    return LossFormula(elements, gradient, softmax, reduces_last_axis=True)


def sparse_categorical_crossentropy(_: Loss) -> LossFormula:
    """`categorical_crossentropy` of the class indices' one-hot rows."""
    dense = categorical_crossentropy(CategoricalCrossentropy())
    return LossFormula(
        lambda p, y: dense.elements(p, one_hot(y, p)),
        lambda p, y: dense.gradient(p, one_hot(y, p)),
        reduces_last_axis=True,
    )


def sparse_categorical_crossentropy_with_softmax(_: Loss) -> LossFormula:
    """L = ln sum_l e^x_l - x_y, dL/dx = softmax(x) - one_hot(y)."""

    def elements(x: Array, y: Array) -> Array:
        shifted, log_sum = _shifted_log_sum(x)
        index = y.astype(np.intp)[..., None]
        return log_sum - np.take_along_axis(shifted, index, axis=-1)[..., 0]

    return LossFormula(
        elements, lambda x, y: softmax(x) - one_hot(y, x), softmax, reduces_last_axis=True
    )


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


def _shifted_log_sum(x: Array) -> tuple[Array, Array]:
    """s = x - max x, and ln sum e^s over the last axis."""
    shifted = _shifted(x)
    return shifted, np.log(np.add.reduce(np.exp(shifted), axis=-1))


def _shifted(x: Array) -> Array:
    return x - np.maximum.reduce(x, axis=-1, keepdims=True)


def _clip(p: Array) -> Array:
    return np.clip(p, CLIP, 1 - CLIP)
