"""Focal losses and their gradients: cross-entropies times a factor that depends on p."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.losses.crossentropy import (
    binary_crossentropy,
    binary_crossentropy_with_sigmoid,
    by_scaled,
    clipped,
    log_softmax,
    smoothed,
    softmax,
)
from nnspec.backends.numpy.losses.formula import EPSILON, LossFormula
from nnspec.components.losses.focal import BinaryFocalCrossentropy, CategoricalFocalCrossentropy


class _Factor(NamedTuple):
    """A factor of a loss, and its derivative by the probability."""

    value: Array
    slope: Array


def binary_focal_crossentropy(loss: BinaryFocalCrossentropy) -> LossFormula:
    """L = f b with f = w u^gamma, of the clipped p; dL/dp = f' b + f b'."""
    cross = binary_crossentropy(loss)

    def elements(p: Array, y: Array) -> Array:
        return _binary_factor(loss, clipped(p), y).value * cross.elements(p, y)

    def gradient(p: Array, y: Array) -> Array:
        q = clipped(p)
        f = _binary_factor(loss, q, y)
        return f.slope * (p == q) * cross.elements(p, y) + f.value * cross.gradient(p, y)

    return LossFormula(elements, gradient)


def binary_focal_crossentropy_with_sigmoid(loss: BinaryFocalCrossentropy) -> LossFormula:
    """L = f b with f = w u^gamma; dL/dx = f' p (1 - p) b + f b'."""
    cross = binary_crossentropy_with_sigmoid(loss)

    def elements(x: Array, y: Array) -> Array:
        return _binary_factor(loss, cross.predictions(x), y).value * cross.elements(x, y)

    def gradient(x: Array, y: Array) -> Array:
        p = cross.predictions(x)
        f = _binary_factor(loss, p, y)
        return f.slope * p * (1 - p) * cross.elements(x, y) + f.value * cross.gradient(x, y)

    return LossFormula(elements, gradient, cross.predictions)


def categorical_focal_crossentropy(loss: CategoricalFocalCrossentropy) -> LossFormula:
    """L = -sum_m y_m f(q_m) ln q_m with q = p / sum p, clipped, and f(q) = alpha (1 - q)^gamma."""

    def elements(p: Array, y: Array) -> Array:
        y = smoothed(y, loss.label_smoothing, y.shape[-1])
        q = clipped(p / p.sum(axis=-1, keepdims=True))
        return -(y * _class_factor(loss, q).value * np.log(q)).sum(axis=-1)

    def gradient(p: Array, y: Array) -> Array:
        y = smoothed(y, loss.label_smoothing, y.shape[-1])
        total = p.sum(axis=-1, keepdims=True)
        normalized = p / total
        q = clipped(normalized)
        f = _class_factor(loss, q)
        by_q = -y * (f.value / q + f.slope * np.log(q)) * (normalized == q)
        return by_scaled(by_q, normalized) / total

    return LossFormula(elements, gradient, reduced_axis=-1)


def categorical_focal_crossentropy_with_softmax(loss: CategoricalFocalCrossentropy) -> LossFormula:
    """L = -sum_m y_m f(q_m) ln q_m with q = softmax(x); dL/dx = g - q sum g, g = q dL/dq."""

    def elements(x: Array, y: Array) -> Array:
        y, log_q = smoothed(y, loss.label_smoothing, y.shape[-1]), log_softmax(x)
        return -(y * _class_factor(loss, np.exp(log_q)).value * log_q).sum(axis=-1)

    def gradient(x: Array, y: Array) -> Array:
        y, log_q = smoothed(y, loss.label_smoothing, y.shape[-1]), log_softmax(x)
        q = np.exp(log_q)
        f = _class_factor(loss, q)
        scaled = -y * (f.value + f.slope * q * log_q)
        return scaled - q * scaled.sum(axis=-1, keepdims=True)

    return LossFormula(elements, gradient, softmax, reduced_axis=-1)


def _binary_factor(loss: BinaryFocalCrossentropy, p: Array, y: Array) -> _Factor:
    """w u^gamma with u = y (1 - p) + (1 - y) p."""
    y = smoothed(y, loss.label_smoothing, 2)
    power = _power(y + p - 2 * y * p, loss.gamma)
    weight = y * loss.alpha + (1 - y) * (1 - loss.alpha) if loss.apply_class_balancing else 1
    return _Factor(weight * power.value, weight * power.slope * (1 - 2 * y))


def _class_factor(loss: CategoricalFocalCrossentropy, q: Array) -> _Factor:
    """alpha (1 - q)^gamma."""
    power = _power(1 - q, loss.gamma)
    return _Factor(loss.alpha * power.value, -loss.alpha * power.slope)


def _power(u: Array, gamma: float) -> _Factor:
    """u^gamma, with u raised to 1e-7 where it is below, and its derivative by u."""
    raised = np.maximum(u, EPSILON)
    return _Factor(raised**gamma, gamma * raised ** (gamma - 1) * (u >= EPSILON))
