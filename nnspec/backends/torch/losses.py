"""Losses on PyTorch: elementwise from predictions, or as a mean from logits; and weight penalties.

A loss that is fused with the last activation gets that activation's inputs (the logits) and
returns the mean at once; with `reduction="none"` the elements, without the axis of classes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
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
from nnspec.components.regularizers.base import SHORTEST

CLIP = 1e-7

LossRule = Callable[[Any, Tensor, Tensor], Tensor]  # loss, predictions or logits, targets
Formula = Callable[[Tensor, Tensor], Tensor]
WeightedFormula = Callable[[Tensor, Tensor, Tensor], Tensor]


def elementwise_loss(loss: Loss) -> Formula:
    """Return the function (predictions, targets) -> loss of each element."""
    formula = registry.LOSSES[loss]
    return lambda predictions, targets: formula(loss, predictions, targets)


def mean_loss(loss: Loss, fused: bool) -> Formula:
    """Return the function (outputs, targets) -> mean loss; `fused`: the outputs are logits."""
    if fused:
        formula = registry.LOSSES_FROM_LOGITS[loss]
        return lambda logits, targets: formula(loss, logits, targets)
    elements = elementwise_loss(loss)
    return lambda predictions, targets: elements(predictions, targets).mean()


def weighted_mean_loss(loss: Loss, fused: bool) -> WeightedFormula:
    """Return the function (outputs, targets, weights) -> sum_i w_i e_i / rows, as `mean_loss`."""
    formula = partial(registry.LOSSES_FROM_LOGITS[loss], reduction="none") if fused else None
    elements = formula or registry.LOSSES[loss]

    def weighted(outputs: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
        values = elements(loss, outputs, targets)
        rows = values.reshape(len(values), -1).mean(-1)
        return (rows * weights).mean()

    return weighted


def mean_squared_error(_: Loss, p: Tensor, y: Tensor) -> Tensor:
    """(p - y)^2."""
    error = p - y
    return error * error


def half_squared_error(_: Loss, p: Tensor, y: Tensor) -> Tensor:
    """(p - y)^2 / 2."""
    error = p - y
    return error * error / 2


def binary_crossentropy(loss: BinaryCrossentropy, p: Tensor, y: Tensor) -> Tensor:
    """-y ln q - (1 - y) ln(1 - q) with q = p clipped; the gradient is 0 where p is clipped."""
    y, q = _smooth_labels(loss, y, 2), p.clamp(CLIP, 1 - CLIP)
    return -y * torch.log(q) - (1 - y) * torch.log1p(-q)


def binary_crossentropy_with_sigmoid(
    loss: BinaryCrossentropy, x: Tensor, y: Tensor, reduction: str = "mean"
) -> Tensor:
    """mean max(x, 0) - x y + ln(1 + e^-|x|)."""
    labels = _smooth_labels(loss, y, 2)
    return functional.binary_cross_entropy_with_logits(x, labels, reduction=reduction)


def categorical_crossentropy(loss: CategoricalCrossentropy, p: Tensor, y: Tensor) -> Tensor:
    """-sum_m y_m ln q_m with q = p / sum p, clipped."""
    return _clipped_crossentropy(p, _smooth_labels(loss, y, p.shape[-1]))


def categorical_crossentropy_with_softmax(
    loss: CategoricalCrossentropy, x: Tensor, y: Tensor, reduction: str = "mean"
) -> Tensor:
    """mean -sum_m y_m (x_m - ln sum_l e^x_l); class indices stand for one-hot rows."""
    labels = y if y.ndim < x.ndim else _classes_to_axis_1(y)
    return functional.cross_entropy(
        _classes_to_axis_1(x), labels, reduction=reduction, label_smoothing=loss.label_smoothing
    )


def sparse_categorical_crossentropy(_: Loss, p: Tensor, y: Tensor) -> Tensor:
    """-ln q_y, as `categorical_crossentropy` of the one-hot rows of the class indices."""
    return _clipped_crossentropy(
        p, functional.one_hot(_index_column(y, p)[..., 0], p.shape[-1]).to(p.dtype)
    )


def sparse_categorical_crossentropy_with_softmax(
    _: Loss, x: Tensor, y: Tensor, reduction: str = "mean"
) -> Tensor:
    """mean ln sum_l e^x_l - x_y."""
    labels = _index_column(y, x)[..., 0]
    return functional.cross_entropy(_classes_to_axis_1(x), labels, reduction=reduction)


def penalty(weights: Iterable[BoundWeight]) -> Tensor | None:
    """Sum of the penalties of the regularized weights; None if there are none."""
    terms = [term for weight in weights for term in _penalty_terms(weight)]
    return torch.stack(terms).sum() if terms else None


def _penalty_terms(bound: BoundWeight) -> Iterable[Tensor]:
    """Yield the penalties of a weight, each only where its strength is not 0."""
    regularizer = bound.declaration.regularizer
    if regularizer is not None:
        l1, l2 = regularizer.strengths
        if l1:
            yield l1 * bound.tensor.abs().sum()
        if l2:
            yield l2 * (bound.tensor * bound.tensor).sum()
        if regularizer.orthogonality:
            yield _orthogonality(bound.canonical_view(bound.tensor), *regularizer.orthogonality)


def _orthogonality(w: Tensor, factor: float, by_rows: bool) -> Tensor:
    """factor times the mean |n_i . n_j| over pairs of rows, or columns, of length 1."""
    vectors = w if by_rows else w.T
    squares = (vectors * vectors).sum(1, keepdim=True)
    n = vectors / squares.clamp_min(SHORTEST**2).sqrt()
    pairs = len(n) * (len(n) - 1) / 2
    return factor / pairs * (n @ n.T).triu(1).abs().sum()


def _classes_to_axis_1(x: Tensor) -> Tensor:
    """View of (rows, ..., classes) as (rows, classes, ...), the layout of torch's losses."""
    return x if x.ndim == 2 else x.movedim(-1, 1)


def _clipped_crossentropy(p: Tensor, y: Tensor) -> Tensor:
    """-sum_m y_m ln q_m with q = p / sum p, clipped to [1e-7, 1 - 1e-7]."""
    q = (p / p.sum(-1, keepdim=True)).clamp(CLIP, 1 - CLIP)
    return -(y * torch.log(q)).sum(-1)


def _index_column(y: Tensor, like: Tensor) -> Tensor:
    """Class indices as integers, with an axis of size 1 in place of the classes."""
    return y.long().reshape(*like.shape[:-1], 1)


def _smooth_labels(
    loss: BinaryCrossentropy | CategoricalCrossentropy, y: Tensor, classes: int
) -> Tensor:
    """(1 - s) y + s / classes, with s the label smoothing."""
    s = loss.label_smoothing
    return (1 - s) * y + s / classes if s else y
