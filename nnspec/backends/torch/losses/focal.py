"""Focal losses: cross-entropies times a factor that depends on p."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from nnspec.backends.torch.losses.crossentropy import clipped, smooth_labels
from nnspec.backends.torch.losses.formula import EPSILON, reduced
from nnspec.components.losses.focal import BinaryFocalCrossentropy, CategoricalFocalCrossentropy


def binary_focal_crossentropy(loss: BinaryFocalCrossentropy, p: Tensor, y: Tensor) -> Tensor:
    """w u^gamma (-y ln q - (1 - y) ln(1 - q)) with q = p clipped."""
    y, q = smooth_labels(loss.label_smoothing, y, 2), clipped(p)
    return _binary_factor(loss, q, y) * (-y * torch.log(q) - (1 - y) * torch.log1p(-q))


def binary_focal_crossentropy_with_sigmoid(
    loss: BinaryFocalCrossentropy, x: Tensor, y: Tensor, reduction: str = "mean"
) -> Tensor:
    """w u^gamma (max(x, 0) - x y + ln(1 + e^-|x|))."""
    y = smooth_labels(loss.label_smoothing, y, 2)
    cross = functional.binary_cross_entropy_with_logits(x, y, reduction="none")
    return reduced(_binary_factor(loss, torch.sigmoid(x), y) * cross, reduction)


def categorical_focal_crossentropy(
    loss: CategoricalFocalCrossentropy, p: Tensor, y: Tensor
) -> Tensor:
    """-alpha sum_m y_m (1 - q_m)^gamma ln q_m with q = p / sum p, clipped."""
    y, q = smooth_labels(loss.label_smoothing, y, p.shape[-1]), clipped(p / p.sum(-1, keepdim=True))
    return -(y * _class_factor(loss, q) * torch.log(q)).sum(-1)


def categorical_focal_crossentropy_with_softmax(
    loss: CategoricalFocalCrossentropy, x: Tensor, y: Tensor, reduction: str = "mean"
) -> Tensor:
    """-alpha sum_m y_m (1 - q_m)^gamma ln q_m with q = softmax(x)."""
    y, log_q = smooth_labels(loss.label_smoothing, y, x.shape[-1]), torch.log_softmax(x, -1)
    return reduced(-(y * _class_factor(loss, log_q.exp()) * log_q).sum(-1), reduction)


def _binary_factor(loss: BinaryFocalCrossentropy, p: Tensor, y: Tensor) -> Tensor:
    """w u^gamma with u = y (1 - p) + (1 - y) p, at least 1e-7."""
    factor = (y + p - 2 * y * p).clamp(min=EPSILON) ** loss.gamma
    if loss.apply_class_balancing:
        factor = factor * (y * loss.alpha + (1 - y) * (1 - loss.alpha))
    return factor


def _class_factor(loss: CategoricalFocalCrossentropy, q: Tensor) -> Tensor:
    """alpha (1 - q)^gamma, with 1 - q at least 1e-7."""
    return loss.alpha * (1 - q).clamp(min=EPSILON) ** loss.gamma
