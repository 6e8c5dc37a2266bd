"""Cross-entropies: per element of binary ones, per row of those of classes.

The derivative at a kink is the same on every engine.
"""

from __future__ import annotations

from keras import ops

from nnspec.backends.keras.losses.formula import EPSILON, Formula, at_least, at_most
from nnspec.backends.keras.rules import Numerics, Tensor
from nnspec.components.losses.base import Loss
from nnspec.components.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
)
from nnspec.components.losses.focal import BinaryFocalCrossentropy


def binary_crossentropy(
    loss: BinaryCrossentropy | BinaryFocalCrossentropy, numerics: Numerics
) -> Formula:
    """-y ln q - (1 - y) ln(1 - q) with q = p clipped."""

    def formula(p: Tensor, y: Tensor) -> Tensor:
        y = smooth_labels(y, loss.label_smoothing, 2, numerics)
        q = clipped(p, numerics)
        return -y * ops.log(q) - (1 - y) * ops.log1p(-q)

    return formula


def binary_crossentropy_with_sigmoid(
    loss: BinaryCrossentropy | BinaryFocalCrossentropy, numerics: Numerics
) -> Formula:
    """max(x, 0) - x y + ln(1 + e^-|x|); the derivative is sigmoid(x) - y, also at x = 0."""

    def formula(x: Tensor, y: Tensor) -> Tensor:
        y = smooth_labels(y, loss.label_smoothing, 2, numerics)
        positive = x > 0
        larger = ops.where(positive, x, ops.zeros_like(x))
        size = ops.where(positive, x, -x)
        return larger - x * y + ops.log1p(ops.exp(-size))

    return formula


def categorical_crossentropy(loss: CategoricalCrossentropy, numerics: Numerics) -> Formula:
    """-sum_m y_m ln q_m with q = p / sum p, clipped."""

    def formula(p: Tensor, y: Tensor) -> Tensor:
        y = smooth_labels(y, loss.label_smoothing, y.shape[-1], numerics)
        q = p / ops.sum(p, axis=-1, keepdims=True)
        return -ops.sum(y * ops.log(clipped(q, numerics)), axis=-1)

    return formula


def categorical_crossentropy_with_softmax(
    loss: CategoricalCrossentropy, numerics: Numerics
) -> Formula:
    """-sum_m y_m (x_m - ln sum_l e^x_l)."""

    def formula(x: Tensor, y: Tensor) -> Tensor:
        y = smooth_labels(y, loss.label_smoothing, y.shape[-1], numerics)
        return -ops.sum(y * log_softmax(x), axis=-1)

    return formula


def sparse_categorical_crossentropy(_: Loss, numerics: Numerics) -> Formula:
    """`categorical_crossentropy` for the one-hot rows of the class indices."""
    dense = categorical_crossentropy(CategoricalCrossentropy(), numerics)
    return lambda p, y: dense(p, one_hot(y, p))


def sparse_crossentropy_with_softmax(_: Loss, numerics: Numerics) -> Formula:
    """ln sum_l e^x_l - x_y."""
    dense = categorical_crossentropy_with_softmax(CategoricalCrossentropy(), numerics)
    return lambda x, y: dense(x, one_hot(y, x))


def smooth_labels(y: Tensor, smoothing: float, classes: int, numerics: Numerics) -> Tensor:
    """(1 - smoothing) y + smoothing / classes."""
    if not smoothing:
        return y
    return y * numerics.constant(1 - smoothing) + numerics.constant(smoothing / classes)


def one_hot(y: Tensor, like: Tensor) -> Tensor:
    """One-hot rows of class indices, with the classes and dtype of `like`."""
    return ops.one_hot(ops.cast(y, "int32"), like.shape[-1], dtype=like.dtype)


def log_softmax(x: Tensor) -> Tensor:
    """x - ln sum e^x over the last axis."""
    shifted = x - ops.stop_gradient(ops.max(x, axis=-1, keepdims=True))
    return shifted - ops.log(ops.sum(ops.exp(shifted), axis=-1, keepdims=True))


def clipped(p: Tensor, numerics: Numerics) -> Tensor:
    """Clip p to [1e-7, 1 - 1e-7]; the derivative is 1 inside and at the ends, 0 outside."""
    return at_most(1 - EPSILON, at_least(EPSILON, p, numerics), numerics)
