"""Focal losses: cross-entropies times a factor that depends on p."""

from __future__ import annotations

from keras import ops

from nnspec.backends.keras.losses.crossentropy import (
    binary_crossentropy,
    binary_crossentropy_with_sigmoid,
    clipped,
    log_softmax,
    smooth_labels,
)
from nnspec.backends.keras.losses.formula import EPSILON, Formula, at_least
from nnspec.backends.keras.rules import Numerics, Tensor
from nnspec.components.losses.focal import BinaryFocalCrossentropy, CategoricalFocalCrossentropy


def binary_focal_crossentropy(loss: BinaryFocalCrossentropy, numerics: Numerics) -> Formula:
    """w u^gamma times the binary cross-entropy, with p clipped."""
    cross = binary_crossentropy(loss, numerics)
    return lambda p, y: _binary_factor(loss, clipped(p, numerics), y, numerics) * cross(p, y)


def binary_focal_crossentropy_with_sigmoid(
    loss: BinaryFocalCrossentropy, numerics: Numerics
) -> Formula:
    """w u^gamma times the binary cross-entropy from logits."""
    cross = binary_crossentropy_with_sigmoid(loss, numerics)
    return lambda x, y: _binary_factor(loss, ops.sigmoid(x), y, numerics) * cross(x, y)


def categorical_focal_crossentropy(
    loss: CategoricalFocalCrossentropy, numerics: Numerics
) -> Formula:
    """-alpha sum_m y_m (1 - q_m)^gamma ln q_m with q = p / sum p, clipped."""

    def formula(p: Tensor, y: Tensor) -> Tensor:
        y = smooth_labels(y, loss.label_smoothing, y.shape[-1], numerics)
        q = clipped(p / ops.sum(p, axis=-1, keepdims=True), numerics)
        return -ops.sum(y * _class_factor(loss, q, numerics) * ops.log(q), axis=-1)

    return formula


def categorical_focal_crossentropy_with_softmax(
    loss: CategoricalFocalCrossentropy, numerics: Numerics
) -> Formula:
    """-alpha sum_m y_m (1 - q_m)^gamma ln q_m with q = softmax(x)."""

    def formula(x: Tensor, y: Tensor) -> Tensor:
        y, log_q = smooth_labels(y, loss.label_smoothing, y.shape[-1], numerics), log_softmax(x)
        return -ops.sum(y * _class_factor(loss, ops.exp(log_q), numerics) * log_q, axis=-1)

    return formula


def _binary_factor(
    loss: BinaryFocalCrossentropy, p: Tensor, y: Tensor, numerics: Numerics
) -> Tensor:
    """w u^gamma with u = y (1 - p) + (1 - y) p."""
    y = smooth_labels(y, loss.label_smoothing, 2, numerics)
    factor = _power(y + p - 2 * y * p, loss.gamma, numerics)
    if loss.apply_class_balancing:
        alpha, rest = numerics.constant(loss.alpha), numerics.constant(1 - loss.alpha)
        factor = factor * (y * alpha + (1 - y) * rest)
    return factor


def _class_factor(loss: CategoricalFocalCrossentropy, q: Tensor, numerics: Numerics) -> Tensor:
    """alpha (1 - q)^gamma."""
    return _power(1 - q, loss.gamma, numerics) * numerics.constant(loss.alpha)


def _power(u: Tensor, gamma: float, numerics: Numerics) -> Tensor:
    """u^gamma, with u at least 1e-7."""
    return ops.power(at_least(EPSILON, u, numerics), numerics.constant(gamma))
