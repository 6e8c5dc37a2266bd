"""Losses of numbers."""

from __future__ import annotations

from math import log

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.losses.formula import EPSILON, LossFormula
from nnspec.components.losses.base import Loss
from nnspec.components.losses.regression import CosineSimilarity, Huber


def mean_squared_error(_: Loss) -> LossFormula:
    """L = (p - y)^2, dL/dp = 2 (p - y)."""
    return LossFormula(lambda p, y: np.square(p - y), lambda p, y: 2 * (p - y))


def half_squared_error(_: Loss) -> LossFormula:
    """L = (p - y)^2 / 2, dL/dp = p - y."""
    return LossFormula(lambda p, y: np.square(p - y) / 2, lambda p, y: p - y)


def mean_absolute_error(_: Loss) -> LossFormula:
    """L = |p - y|, dL/dp = sign(p - y)."""
    return LossFormula(lambda p, y: np.abs(p - y), lambda p, y: np.sign(p - y))


def mean_absolute_percentage_error(_: Loss) -> LossFormula:
    """L = 100 |p - y| / max(|y|, 1e-7), dL/dp = 100 sign(p - y) / max(|y|, 1e-7)."""

    def scale(y: Array) -> Array:
        return 100 / np.maximum(np.abs(y), EPSILON)

    return LossFormula(
        lambda p, y: np.abs(p - y) * scale(y), lambda p, y: np.sign(p - y) * scale(y)
    )


def mean_squared_logarithmic_error(_: Loss) -> LossFormula:
    """L = (ln(1 + p) - ln(1 + y))^2 with p, y >= 1e-7, dL/dp = 2 (ln ... - ln ...) / (1 + p)."""

    def error(p: Array, y: Array) -> Array:
        return np.log1p(np.maximum(p, EPSILON)) - np.log1p(np.maximum(y, EPSILON))

    def gradient(p: Array, y: Array) -> Array:
        return np.where(p < EPSILON, 0, 2 * error(p, y) / (1 + np.maximum(p, EPSILON)))

    return LossFormula(lambda p, y: np.square(error(p, y)), gradient)


def huber(loss: Huber) -> LossFormula:
    """L = e^2 / 2 where |e| <= d, else d |e| - d^2 / 2, for e = p - y; dL/dp = clip(e, -d, d)."""
    d = loss.delta

    def elements(p: Array, y: Array) -> Array:
        size = np.abs(p - y)
        return np.where(size <= d, np.square(size) / 2, d * size - d * d / 2)

    return LossFormula(elements, lambda p, y: np.clip(p - y, -d, d))


def log_cosh(_: Loss) -> LossFormula:
    """L = |e| + ln(1 + e^(-2 |e|)) - ln 2 for e = p - y, dL/dp = tanh(e)."""

    def elements(p: Array, y: Array) -> Array:
        size = np.abs(p - y)
        return size + np.log1p(np.exp(-2 * size)) - log(2)

    return LossFormula(elements, lambda p, y: np.tanh(p - y))


def cosine_similarity(loss: CosineSimilarity) -> LossFormula:
    """L = -sum u v for u = p / |p| and v = y / |y|, dL/dp = (u sum u v - v) / |p|."""
    axis = loss.axis

    def elements(p: Array, y: Array) -> Array:
        return -(p / _length(p, axis) * (y / _length(y, axis))).sum(axis=axis)

    def gradient(p: Array, y: Array) -> Array:
        length = _length(p, axis)
        u, v = p / length, y / _length(y, axis)
        cosine = (u * v).sum(axis=axis, keepdims=True)
        return (np.where(length > EPSILON, u * cosine, 0) - v) / length

    return LossFormula(elements, gradient, reduced_axis=axis)


def _length(x: Array, axis: int) -> Array:
    """|x| over an axis, at least 1e-7."""
    return np.sqrt(np.maximum(np.square(x).sum(axis=axis, keepdims=True), EPSILON**2))
