"""Losses with their gradients: of the mean over a batch, as Keras takes it.

A rule is prepared for the shape of the predictions and returns a function from what the network
gives and the targets to an `Outcome`. Where the loss has absorbed the last activation, the
network gives the numbers before it, and the rule computes both as one.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

import numpy as np

from nnspec.backends.base import Array, Rules
from nnspec.backends.numpy.activation import logistic
from nnspec.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    HalfSquaredError,
    Loss,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)

CLIP = 1e-7


class Outcome(NamedTuple):
    """What a loss says of a batch."""

    losses: Array  # one a row
    gradient: Array  # of the batch's mean loss, by what the network gave
    predictions: Array


Measure = Callable[[Array, Array, int], Outcome]
Formula = Callable[[Array, Array], tuple[Array, Array, Array]]
loss_formula: Rules[Callable[..., Formula]] = Rules("numpy")
logits_formula: Rules[Callable[..., Formula]] = Rules("numpy")


def measure(loss: Loss, absorbed: bool) -> Measure:
    """The function that measures some of a batch's rows, all of which are the last argument.

    `absorbed` says what the network gives.
    """
    formula = (logits_formula if absorbed else loss_formula)[loss](loss)

    def measured(given: Array, targets: Array, rows: int) -> Outcome:
        elements, gradient, predictions = formula(given, targets)
        losses = row_means(elements)
        np.divide(gradient, rows * prod(elements.shape[1:]), out=gradient)
        return Outcome(losses, gradient, predictions)

    return measured


def row_means(values: Array, dtype: Any = None) -> Array:
    """The mean of each row's numbers; of a single one, itself."""
    if values.ndim == 1:
        return values
    rows = values.reshape(len(values), -1)
    return np.add.reduce(rows, axis=1, dtype=dtype) / rows.shape[1]


@loss_formula.register(MeanSquaredError)
def mean_squared_error(_: Loss) -> Formula:
    """(p - y)^2, and 2 (p - y)."""

    def formula(p: Array, y: Array) -> tuple[Array, Array, Array]:
        error = p - y
        return error * error, 2 * error, p

    return formula


@loss_formula.register(HalfSquaredError)
def half_squared_error(_: Loss) -> Formula:
    """(p - y)^2 / 2, and p - y."""

    def formula(p: Array, y: Array) -> tuple[Array, Array, Array]:
        error = p - y
        return error * error / 2, error, p

    return formula


@loss_formula.register(BinaryCrossentropy)
def binary_crossentropy(loss: BinaryCrossentropy) -> Formula:
    """-y ln p - (1 - y) ln(1 - p) with p clipped; no gradient where the clip holds."""

    def formula(p: Array, y: Array) -> tuple[Array, Array, Array]:
        y = smoothed(y, loss.label_smoothing, 2)
        q = np.clip(p, CLIP, 1 - CLIP)
        free = p == q
        elements = -y * np.log(q) - (1 - y) * np.log1p(-q)
        return elements, (q - y) / (q * (1 - q)) * free, p

    return formula


@logits_formula.register(BinaryCrossentropy)
def binary_crossentropy_with_sigmoid(loss: BinaryCrossentropy) -> Formula:
    """max(x, 0) - x y + ln(1 + e^-|x|), and sigmoid(x) - y."""

    def formula(x: Array, y: Array) -> tuple[Array, Array, Array]:
        y = smoothed(y, loss.label_smoothing, 2)
        p = logistic(x, np.empty_like(x))
        elements = np.maximum(x, 0) - x * y + np.log1p(np.exp(-np.abs(x)))
        return elements, p - y, p

    return formula


@loss_formula.register(CategoricalCrossentropy)
def categorical_crossentropy(loss: CategoricalCrossentropy) -> Formula:
    """-sum_m y_m ln q_m with q = p / sum p, clipped."""

    def formula(p: Array, y: Array) -> tuple[Array, Array, Array]:
        y = smoothed(y, loss.label_smoothing, y.shape[-1])
        total = p.sum(axis=-1, keepdims=True)
        share = p / total
        q = np.clip(share, CLIP, 1 - CLIP)
        by_share = -y / q * (share == q)
        gradient = (by_share - (by_share * share).sum(axis=-1, keepdims=True)) / total
        return -(y * np.log(q)).sum(axis=-1), gradient, p

    return formula


@logits_formula.register(CategoricalCrossentropy)
def categorical_crossentropy_with_softmax(loss: CategoricalCrossentropy) -> Formula:
    """-sum_m y_m (x_m - ln sum_l e^x_l), and softmax(x) sum y - y."""

    def formula(x: Array, y: Array) -> tuple[Array, Array, Array]:
        y = smoothed(y, loss.label_smoothing, y.shape[-1])
        shifted, p, log_total = _softmax(x)
        weight = np.add.reduce(y, axis=-1, keepdims=True)
        elements = (log_total * weight)[..., 0] - np.add.reduce(y * shifted, axis=-1)
        return elements, p * weight - y, p

    return formula


@loss_formula.register(SparseCategoricalCrossentropy)
def sparse_categorical_crossentropy(_: Loss) -> Formula:
    """`categorical_crossentropy` for the one-hot rows of the class indices."""
    dense = categorical_crossentropy(CategoricalCrossentropy())
    return lambda p, y: dense(p, one_hot(y, p))


@logits_formula.register(SparseCategoricalCrossentropy)
def sparse_categorical_crossentropy_with_softmax(_: Loss) -> Formula:
    """ln sum_l e^x_l - x_y, and softmax(x) with 1 taken off at y."""

    def formula(x: Array, y: Array) -> tuple[Array, Array, Array]:
        shifted, p, log_total = _softmax(x)
        index = y.astype(np.intp)[..., None]
        elements = (log_total - np.take_along_axis(shifted, index, axis=-1))[..., 0]
        return elements, p - one_hot(y, p), p

    return formula


def smoothed(y: Array, share: float, classes: int) -> Array:
    """(1 - share) y + share / classes."""
    return y * (1 - share) + share / classes if share else y


def one_hot(y: Array, like: Array) -> Array:
    """Rows with 1 at the class index and 0 elsewhere, shaped and typed as `like`."""
    return (np.arange(like.shape[-1]) == y[..., None]).astype(like.dtype)


def _softmax(x: Array) -> tuple[Array, Array, Array]:
    """x minus its largest, the softmax, and ln sum e^x of what was shifted."""
    shifted = x - np.maximum.reduce(x, axis=-1, keepdims=True)
    p = np.exp(shifted)
    total = np.add.reduce(p, axis=-1, keepdims=True)
    np.divide(p, total, out=p)
    return shifted, p, np.log(total)
