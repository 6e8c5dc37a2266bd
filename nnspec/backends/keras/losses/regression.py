"""Losses of numbers, of each element."""

from __future__ import annotations

from math import log

from keras import ops

from nnspec.backends.keras.losses.formula import EPSILON, Formula, at_least, magnitude
from nnspec.backends.keras.rules import Numerics, Tensor
from nnspec.components.losses.base import Loss
from nnspec.components.losses.regression import CosineSimilarity, Huber


def mean_squared_error(_: Loss, __: Numerics) -> Formula:
    """(p - y)^2."""
    return lambda p, y: ops.square(p - y)


def half_squared_error(_: Loss, numerics: Numerics) -> Formula:
    """(p - y)^2 / 2."""
    half = numerics.constant(0.5)
    return lambda p, y: ops.square(p - y) * half


def mean_absolute_error(_: Loss, __: Numerics) -> Formula:
    """|p - y|."""
    return lambda p, y: magnitude(p - y)


def mean_absolute_percentage_error(_: Loss, numerics: Numerics) -> Formula:
    """100 |p - y| / max(|y|, 1e-7)."""
    hundred = numerics.constant(100)
    return lambda p, y: magnitude(p - y) * (hundred / at_least(EPSILON, ops.abs(y), numerics))


def mean_squared_logarithmic_error(_: Loss, numerics: Numerics) -> Formula:
    """(ln(1 + p) - ln(1 + y))^2 with p, y >= 1e-7."""

    def logarithm(x: Tensor) -> Tensor:
        return ops.log1p(at_least(EPSILON, x, numerics))

    return lambda p, y: ops.square(logarithm(p) - logarithm(y))


def huber(loss: Huber, numerics: Numerics) -> Formula:
    """e^2 / 2 where |e| <= d, else d |e| - d^2 / 2, for e = p - y."""
    half, d = numerics.constant(0.5), numerics.constant(loss.delta)
    offset = numerics.constant(loss.delta * loss.delta / 2)

    def formula(p: Tensor, y: Tensor) -> Tensor:
        size = magnitude(p - y)
        return ops.where(size <= d, ops.square(size) * half, size * d - offset)

    return formula


def log_cosh(_: Loss, numerics: Numerics) -> Formula:
    """|e| + ln(1 + e^(-2 |e|)) - ln 2 for e = p - y."""
    log_2 = numerics.constant(log(2))

    def formula(p: Tensor, y: Tensor) -> Tensor:
        size = magnitude(p - y)
        return size + ops.log1p(ops.exp(-(size + size))) - log_2

    return formula


def cosine_similarity(loss: CosineSimilarity, numerics: Numerics) -> Formula:
    """-sum p y / (|p| |y|) over an axis, with lengths of at least 1e-7."""

    def unit(x: Tensor) -> Tensor:
        squares = ops.sum(ops.square(x), axis=loss.axis, keepdims=True)
        return x / ops.sqrt(at_least(EPSILON**2, squares, numerics))

    return lambda p, y: -ops.sum(unit(p) * unit(y), axis=loss.axis)
