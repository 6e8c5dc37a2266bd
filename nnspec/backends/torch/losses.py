"""Losses of each element of a batch; torch derives their gradients.

Where the loss has absorbed the last activation, the network gives the numbers before it, and the
mean loss is computed from these at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from nnspec.backends.torch import registry
from nnspec.backends.torch.weights import BoundWeight
from nnspec.components.losses.base import Loss
from nnspec.components.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
)

CLIP = 1e-7

Formula = Callable[[Any, Tensor, Tensor], Tensor]  # of the loss, what the network gives, targets
Measure = Callable[[Tensor, Tensor], Tensor]


def elements_of(loss: Loss) -> Measure:
    """The function from predictions and targets to the loss of each element."""
    formula = registry.LOSSES[loss]
    return lambda predictions, targets: formula(loss, predictions, targets)


def mean_of(loss: Loss, absorbed: bool) -> Measure:
    """The function from what the network gives and the targets to the mean of all elements."""
    if absorbed:
        formula = registry.LOSSES_FROM_LOGITS[loss]
        return lambda given, targets: formula(loss, given, targets)
    elements = elements_of(loss)
    return lambda given, targets: elements(given, targets).mean()


def mean_squared_error(_: Loss, p: Tensor, y: Tensor) -> Tensor:
    """(p - y)^2."""
    error = p - y
    return error * error


def half_squared_error(_: Loss, p: Tensor, y: Tensor) -> Tensor:
    """(p - y)^2 / 2."""
    error = p - y
    return error * error / 2


def binary_crossentropy(loss: BinaryCrossentropy, p: Tensor, y: Tensor) -> Tensor:
    """-y ln q - (1 - y) ln(1 - q) with q = p clipped; no gradient where the clip holds."""
    y, q = _smooth(loss, y, 2), p.clamp(CLIP, 1 - CLIP)
    return -y * torch.log(q) - (1 - y) * torch.log1p(-q)


def binary_crossentropy_with_sigmoid(loss: BinaryCrossentropy, x: Tensor, y: Tensor) -> Tensor:
    """mean max(x, 0) - x y + ln(1 + e^-|x|)."""
    return functional.binary_cross_entropy_with_logits(x, _smooth(loss, y, 2))


def categorical_crossentropy(loss: CategoricalCrossentropy, p: Tensor, y: Tensor) -> Tensor:
    """-sum_m y_m ln q_m with q = p / sum p, clipped."""
    return _entropy_of(p, _smooth(loss, y, p.shape[-1]))


def categorical_crossentropy_with_softmax(
    loss: CategoricalCrossentropy, x: Tensor, y: Tensor
) -> Tensor:
    """mean -sum_m y_m (x_m - ln sum_l e^x_l); class numbers stand for one-hot rows."""
    shares = y if y.ndim < x.ndim else _classes_second(y)
    smoothing = loss.label_smoothing
    return functional.cross_entropy(_classes_second(x), shares, label_smoothing=smoothing)


def sparse_categorical_crossentropy(_: Loss, p: Tensor, y: Tensor) -> Tensor:
    """-ln q_y, as `categorical_crossentropy` of the one-hot rows of the class indices."""
    return _entropy_of(p, functional.one_hot(_index(y, p)[..., 0], p.shape[-1]).to(p.dtype))


def sparse_categorical_crossentropy_with_softmax(_: Loss, x: Tensor, y: Tensor) -> Tensor:
    """mean ln sum_l e^x_l - x_y."""
    return functional.cross_entropy(_classes_second(x), _index(y, x)[..., 0])


def penalty(held: Iterable[BoundWeight]) -> Tensor | None:
    """The sum of l1 sum |w| + l2 sum w^2 over regularized weights; None where there are none."""
    terms = [term for weight in held for term in _terms(weight)]
    return torch.stack(terms).sum() if terms else None


def _terms(held: BoundWeight) -> Iterable[Tensor]:
    """The parts of a weight's penalty that are not 0."""
    if held.weight.regularizer is not None:
        l1, l2 = held.weight.regularizer.strengths
        if l1:
            yield l1 * held.tensor.abs().sum()
        if l2:
            yield l2 * (held.tensor * held.tensor).sum()


def _classes_second(rows: Tensor) -> Tensor:
    """With the last axis where torch has the classes."""
    return rows if rows.ndim == 2 else rows.movedim(-1, 1)


def _entropy_of(p: Tensor, y: Tensor) -> Tensor:
    q = (p / p.sum(-1, keepdim=True)).clamp(CLIP, 1 - CLIP)
    return -(y * torch.log(q)).sum(-1)


def _index(y: Tensor, like: Tensor) -> Tensor:
    """Class indices with an axis of size 1 in the place of the classes."""
    return y.long().reshape(*like.shape[:-1], 1)


def _smooth(loss: BinaryCrossentropy | CategoricalCrossentropy, y: Tensor, classes: int) -> Tensor:
    """(1 - s) y + s / classes."""
    s = loss.label_smoothing
    return (1 - s) * y + s / classes if s else y
