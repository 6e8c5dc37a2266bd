"""Losses and their gradients, of the mean over a batch, as Keras takes it.

Where the loss has absorbed the last activation, the network gives the numbers before it, and the
formulas are those of both as one.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy import registry
from nnspec.backends.numpy.reference.activations import logistic
from nnspec.components.losses.base import Loss
from nnspec.components.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
)

CLIP = 1e-7


class Formula(NamedTuple):
    """A loss by what the network gives and the targets."""

    elements: Callable[[Array, Array], Array]
    gradient: Callable[[Array, Array], Array]  # of each element; a new array
    predictions: Callable[[Array], Array] = lambda given: given
    classes: bool = False  # whether the last axis has one element, not one for each number

    def mean_gradient(self, given: Array, targets: Array, rows: int) -> Array:
        """The gradient of the mean loss of a batch with so many rows, for some of them."""
        gradient = self.gradient(given, targets)
        each = prod(given.shape[1:-1] if self.classes else given.shape[1:])
        return np.divide(gradient, rows * each, out=gradient)


def formula_of(loss: Loss, absorbed: bool) -> Formula:
    """The loss's formula; `absorbed` says what the network gives."""
    rules = registry.LOSSES_FROM_LOGITS if absorbed else registry.LOSSES
    found: Formula = rules[loss](loss)
    return found


def row_means(values: Array, dtype: Any = None) -> Array:
    """The mean of each row's numbers; of a single one, itself."""
    if values.ndim == 1:
        return values
    rows = values.reshape(len(values), -1)
    return np.add.reduce(rows, axis=1, dtype=dtype) / rows.shape[1]


def mean_squared_error(_: Loss) -> Formula:
    """(p - y)^2, and 2 (p - y)."""
    return Formula(lambda p, y: np.square(p - y), lambda p, y: 2 * (p - y))


def half_squared_error(_: Loss) -> Formula:
    """(p - y)^2 / 2, and p - y."""
    return Formula(lambda p, y: np.square(p - y) / 2, lambda p, y: p - y)


def binary_crossentropy(loss: BinaryCrossentropy) -> Formula:
    """-y ln p - (1 - y) ln(1 - p) with p clipped; no gradient where the clip holds."""

    def elements(p: Array, y: Array) -> Array:
        y, q = smoothed(y, loss.label_smoothing, 2), _clipped(p)
        return -y * np.log(q) - (1 - y) * np.log1p(-q)

    def gradient(p: Array, y: Array) -> Array:
        y, q = smoothed(y, loss.label_smoothing, 2), _clipped(p)
        return (q - y) / (q * (1 - q)) * (p == q)

    return Formula(elements, gradient)


def binary_crossentropy_with_sigmoid(loss: BinaryCrossentropy) -> Formula:
    """max(x, 0) - x y + ln(1 + e^-|x|), and sigmoid(x) - y."""

    def predictions(x: Array) -> Array:
        return logistic(x, np.empty_like(x))

    def elements(x: Array, y: Array) -> Array:
        y = smoothed(y, loss.label_smoothing, 2)
        return np.maximum(x, 0) - x * y + np.log1p(np.exp(-np.abs(x)))

    def gradient(x: Array, y: Array) -> Array:
        return predictions(x) - smoothed(y, loss.label_smoothing, 2)

    return Formula(elements, gradient, predictions)


def categorical_crossentropy(loss: CategoricalCrossentropy) -> Formula:
    """-sum_m y_m ln q_m with q = p / sum p, clipped."""

    def elements(p: Array, y: Array) -> Array:
        q = _clipped(p / p.sum(axis=-1, keepdims=True))
        return -(smoothed(y, loss.label_smoothing, y.shape[-1]) * np.log(q)).sum(axis=-1)

    def gradient(p: Array, y: Array) -> Array:
        y = smoothed(y, loss.label_smoothing, y.shape[-1])
        total = p.sum(axis=-1, keepdims=True)
        share = p / total
        q = _clipped(share)
        by_share = -y / q * (share == q)
        return (by_share - (by_share * share).sum(axis=-1, keepdims=True)) / total

    return Formula(elements, gradient, classes=True)


def categorical_crossentropy_with_softmax(loss: CategoricalCrossentropy) -> Formula:
    """-sum_m y_m (x_m - ln sum_l e^x_l), and softmax(x) sum y - y."""

    def elements(x: Array, y: Array) -> Array:
        y = smoothed(y, loss.label_smoothing, y.shape[-1])
        shifted, log_total = _log_total(x)
        return log_total * np.add.reduce(y, axis=-1) - np.add.reduce(y * shifted, axis=-1)

    def gradient(x: Array, y: Array) -> Array:
        y, p = smoothed(y, loss.label_smoothing, y.shape[-1]), softmax(x)
        np.multiply(p, np.add.reduce(y, axis=-1, keepdims=True), out=p)
        return np.subtract(p, y, out=p)

    return Formula(elements, gradient, softmax, classes=True)


def sparse_categorical_crossentropy(_: Loss) -> Formula:
    """`categorical_crossentropy` for the one-hot rows of the class indices."""
    dense = categorical_crossentropy(CategoricalCrossentropy())
    return Formula(
        lambda p, y: dense.elements(p, one_hot(y, p)),
        lambda p, y: dense.gradient(p, one_hot(y, p)),
        classes=True,
    )


def sparse_categorical_crossentropy_with_softmax(_: Loss) -> Formula:
    """ln sum_l e^x_l - x_y, and softmax(x) with 1 taken off at y."""

    def elements(x: Array, y: Array) -> Array:
        shifted, log_total = _log_total(x)
        index = y.astype(np.intp)[..., None]
        return log_total - np.take_along_axis(shifted, index, axis=-1)[..., 0]

    return Formula(elements, lambda x, y: softmax(x) - one_hot(y, x), softmax, classes=True)


def smoothed(y: Array, share: float, classes: int) -> Array:
    """(1 - share) y + share / classes."""
    return y * (1 - share) + share / classes if share else y


def one_hot(y: Array, like: Array) -> Array:
    """Rows with 1 at the class index and 0 elsewhere, shaped and typed as `like`."""
    return (np.arange(like.shape[-1]) == y[..., None]).astype(like.dtype)


def softmax(x: Array) -> Array:
    """e^x / sum e^x; the largest is taken off first."""
    p = _shifted(x)
    np.exp(p, out=p)
    return np.divide(p, np.add.reduce(p, axis=-1, keepdims=True), out=p)


def _log_total(x: Array) -> tuple[Array, Array]:
    """x minus its largest, and ln sum e^x of what was shifted."""
    shifted = _shifted(x)
    return shifted, np.log(np.add.reduce(np.exp(shifted), axis=-1))


def _shifted(x: Array) -> Array:
    return x - np.maximum.reduce(x, axis=-1, keepdims=True)


def _clipped(p: Array) -> Array:
    return np.clip(p, CLIP, 1 - CLIP)
