"""Cross-entropies: elementwise from predictions, or as a mean from logits."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from nnspec.backends.torch.losses.formula import EPSILON
from nnspec.components.losses.base import Loss
from nnspec.components.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
)


def binary_crossentropy(loss: BinaryCrossentropy, p: Tensor, y: Tensor) -> Tensor:
    """-y ln q - (1 - y) ln(1 - q) with q = p clipped; the gradient is 0 where p is clipped."""
    y, q = smooth_labels(loss.label_smoothing, y, 2), clipped(p)
    return -y * torch.log(q) - (1 - y) * torch.log1p(-q)


def binary_crossentropy_with_sigmoid(
    loss: BinaryCrossentropy, x: Tensor, y: Tensor, reduction: str = "mean"
) -> Tensor:
    """mean max(x, 0) - x y + ln(1 + e^-|x|)."""
    labels = smooth_labels(loss.label_smoothing, y, 2)
    return functional.binary_cross_entropy_with_logits(x, labels, reduction=reduction)


def categorical_crossentropy(loss: CategoricalCrossentropy, p: Tensor, y: Tensor) -> Tensor:
    """-sum_m y_m ln q_m with q = p / sum p, clipped."""
    return _clipped_crossentropy(p, smooth_labels(loss.label_smoothing, y, p.shape[-1]))


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


def sparse_crossentropy_with_softmax(
    _: Loss, x: Tensor, y: Tensor, reduction: str = "mean"
) -> Tensor:
    """mean ln sum_l e^x_l - x_y."""
    labels = _index_column(y, x)[..., 0]
    return functional.cross_entropy(_classes_to_axis_1(x), labels, reduction=reduction)


def _classes_to_axis_1(x: Tensor) -> Tensor:
    """View of (rows, ..., classes) as (rows, classes, ...), the layout of torch's losses."""
    return x if x.ndim == 2 else x.movedim(-1, 1)


def _clipped_crossentropy(p: Tensor, y: Tensor) -> Tensor:
    """-sum_m y_m ln q_m with q = p / sum p, clipped to [1e-7, 1 - 1e-7]."""
    q = clipped(p / p.sum(-1, keepdim=True))
    return -(y * torch.log(q)).sum(-1)


def _index_column(y: Tensor, like: Tensor) -> Tensor:
    """Class indices as integers, with an axis of size 1 in place of the classes."""
    return y.long().reshape(*like.shape[:-1], 1)


def smooth_labels(smoothing: float, y: Tensor, classes: int) -> Tensor:
    """(1 - smoothing) y + smoothing / classes."""
    return (1 - smoothing) * y + smoothing / classes if smoothing else y


def clipped(p: Tensor) -> Tensor:
    """Clip p to [1e-7, 1 - 1e-7]; the derivative is 1 inside and at the ends, 0 outside."""
    return p.clamp(EPSILON, 1 - EPSILON)
