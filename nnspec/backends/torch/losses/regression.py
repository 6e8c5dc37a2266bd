"""Losses of numbers, of each element."""

from __future__ import annotations

from math import log

import torch
from torch import Tensor
from torch.nn import functional

from nnspec.backends.torch.losses.formula import EPSILON
from nnspec.components.losses.base import Loss
from nnspec.components.losses.regression import CosineSimilarity, Huber


def mean_squared_error(_: Loss, p: Tensor, y: Tensor) -> Tensor:
    """(p - y)^2."""
    error = p - y
    return error * error


def half_squared_error(_: Loss, p: Tensor, y: Tensor) -> Tensor:
    """(p - y)^2 / 2."""
    error = p - y
    return error * error / 2


def mean_absolute_error(_: Loss, p: Tensor, y: Tensor) -> Tensor:
    """|p - y|, with the derivative 0 at 0."""
    return (p - y).abs()


def mean_absolute_percentage_error(_: Loss, p: Tensor, y: Tensor) -> Tensor:
    """100 |p - y| / max(|y|, 1e-7)."""
    return (p - y).abs() * (100 / y.abs().clamp(min=EPSILON))


def mean_squared_logarithmic_error(_: Loss, p: Tensor, y: Tensor) -> Tensor:
    """(ln(1 + p) - ln(1 + y))^2 with p, y >= 1e-7."""
    error = p.clamp(min=EPSILON).log1p() - y.clamp(min=EPSILON).log1p()
    return error * error


def huber(loss: Huber, p: Tensor, y: Tensor) -> Tensor:
    """e^2 / 2 where |e| <= d, else d |e| - d^2 / 2, for e = p - y."""
    return functional.huber_loss(p, y, reduction="none", delta=loss.delta)


def log_cosh(_: Loss, p: Tensor, y: Tensor) -> Tensor:
    """|e| + ln(1 + e^(-2 |e|)) - ln 2 for e = p - y."""
    size = (p - y).abs()
    return size + (-2 * size).exp().log1p() - log(2)


def cosine_similarity(loss: CosineSimilarity, p: Tensor, y: Tensor) -> Tensor:
    """-sum p y / (|p| |y|) over an axis."""
    return -(p / _length(p, loss.axis) * (y / _length(y, loss.axis))).sum(loss.axis)


def _length(x: Tensor, axis: int) -> Tensor:
    """|x| over an axis, at least 1e-7."""
    squares = (x * x).sum(axis, keepdim=True)
    return torch.where(squares > EPSILON**2, squares, EPSILON**2).sqrt()
