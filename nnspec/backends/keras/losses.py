"""Losses: of each element, written so that the derivative at a kink is the canonical one.

Keras' own losses clip probabilities on some engines and take some constants as float32.
"""

from __future__ import annotations

from collections.abc import Callable

from keras import ops

from nnspec.backends.keras.rules import Numerics, Tensor
from nnspec.components.losses.base import Loss
from nnspec.components.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
)

CLIP = 1e-7

Formula = Callable[[Tensor, Tensor], Tensor]  # of predictions, or what comes before, and targets


def per_row(formula: Formula) -> Formula:
    """A row's loss: the mean over its elements."""
    return lambda given, y: row_means(formula(given, y))


def row_means(values: Tensor) -> Tensor:
    """The mean over all axes but the first."""
    axes = tuple(range(1, len(values.shape)))
    return ops.mean(values, axis=axes) if axes else values


def mean_squared_error(_: Loss, __: Numerics) -> Formula:
    """(p - y)^2."""
    return lambda p, y: ops.square(p - y)


def half_squared_error(_: Loss, arithmetic: Numerics) -> Formula:
    """(p - y)^2 / 2."""
    half = arithmetic.number(0.5)
    return lambda p, y: ops.square(p - y) * half


def binary_crossentropy(loss: BinaryCrossentropy, arithmetic: Numerics) -> Formula:
    """-y ln p - (1 - y) ln(1 - p) with p clipped."""

    def formula(p: Tensor, y: Tensor) -> Tensor:
        y = smoothed(y, loss.label_smoothing, 2, arithmetic)
        q = _clipped(p, arithmetic)
        return -y * ops.log(q) - (1 - y) * ops.log1p(-q)

    return formula


def binary_crossentropy_with_sigmoid(loss: BinaryCrossentropy, arithmetic: Numerics) -> Formula:
    """max(x, 0) - x y + ln(1 + e^-|x|); its derivative is sigmoid(x) - y also at x = 0."""

    def formula(x: Tensor, y: Tensor) -> Tensor:
        y = smoothed(y, loss.label_smoothing, 2, arithmetic)
        positive = x > 0
        larger = ops.where(positive, x, ops.zeros_like(x))
        size = ops.where(positive, x, -x)
        return larger - x * y + ops.log1p(ops.exp(-size))

    return formula


def categorical_crossentropy(loss: CategoricalCrossentropy, arithmetic: Numerics) -> Formula:
    """-sum_m y_m ln q_m with q = p / sum p, clipped."""

    def formula(p: Tensor, y: Tensor) -> Tensor:
        y = smoothed(y, loss.label_smoothing, y.shape[-1], arithmetic)
        share = p / ops.sum(p, axis=-1, keepdims=True)
        return -ops.sum(y * ops.log(_clipped(share, arithmetic)), axis=-1)

    return formula


def categorical_crossentropy_with_softmax(
    loss: CategoricalCrossentropy, arithmetic: Numerics
) -> Formula:
    """-sum_m y_m (x_m - ln sum_l e^x_l)."""

    def formula(x: Tensor, y: Tensor) -> Tensor:
        y = smoothed(y, loss.label_smoothing, y.shape[-1], arithmetic)
        shifted = x - ops.stop_gradient(ops.max(x, axis=-1, keepdims=True))
        log_total = ops.log(ops.sum(ops.exp(shifted), axis=-1, keepdims=True))
        return ops.sum(y * (log_total - shifted), axis=-1)

    return formula


def sparse_categorical_crossentropy(_: Loss, arithmetic: Numerics) -> Formula:
    """`categorical_crossentropy` for the one-hot rows of the class indices."""
    dense = categorical_crossentropy(CategoricalCrossentropy(), arithmetic)
    return lambda p, y: dense(p, one_hot(y, p))


def sparse_categorical_crossentropy_with_softmax(_: Loss, arithmetic: Numerics) -> Formula:
    """ln sum_l e^x_l - x_y."""
    dense = categorical_crossentropy_with_softmax(CategoricalCrossentropy(), arithmetic)
    return lambda x, y: dense(x, one_hot(y, x))


def smoothed(y: Tensor, share: float, classes: int, arithmetic: Numerics) -> Tensor:
    """(1 - share) y + share / classes."""
    if not share:
        return y
    return y * arithmetic.number(1 - share) + arithmetic.number(share / classes)


def one_hot(y: Tensor, like: Tensor) -> Tensor:
    """Rows with 1 at the class index and 0 elsewhere, typed as `like`."""
    return ops.one_hot(ops.cast(y, "int32"), like.shape[-1], dtype=like.dtype)


def _clipped(p: Tensor, arithmetic: Numerics) -> Tensor:
    """p in [1e-7, 1 - 1e-7]; no derivative outside, and all of it at the ends."""
    low, high = arithmetic.number(CLIP), arithmetic.number(1 - CLIP)
    raised = ops.where(p < low, ops.full_like(p, low), p)
    return ops.where(raised > high, ops.full_like(p, high), raised)
