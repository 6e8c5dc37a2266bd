"""Metrics on PyTorch: elementwise values from predictions and targets, and their row sums."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

from torch import Tensor

from nnspec.backends.torch import registry
from nnspec.backends.torch.losses.formula import elementwise_loss
from nnspec.components.losses.base import Loss
from nnspec.components.metrics.base import Metric
from nnspec.components.metrics.classification import Accuracy, BinaryAccuracy


def metric_sum(metric: Metric | Loss) -> Callable[[Tensor, Tensor], Tensor]:
    """Return the function (predictions, targets) -> sum of the metric over rows, on the device."""
    if isinstance(metric, Loss):
        elements = elementwise_loss(metric)
    else:
        rule = registry.METRICS[metric]

        def elements(p: Tensor, y: Tensor) -> Tensor:
            return rule(metric, p, y)

    def summed(p: Tensor, y: Tensor) -> Tensor:
        values = elements(p, y)
        total, size = values.sum(dtype=p.dtype), prod(values.shape[1:])
        return total / size if size > 1 else total

    return summed


def accuracy(_: Accuracy, p: Tensor, y: Tensor) -> Tensor:
    """Whether the predicted class is correct: argmax, or p > 0.5 for a single output."""
    if p.ndim == 1 or p.shape[-1] == 1:
        return same_side(p, y)
    if y.ndim == p.ndim:
        y = y.argmax(-1) if y.shape == p.shape else y[..., 0]
    return p.argmax(-1) == y


def binary_accuracy(metric: BinaryAccuracy, p: Tensor, y: Tensor) -> Tensor:
    """Whether each output is above the threshold as its target says."""
    return same_side(p, y, metric.threshold)


def same_side(p: Tensor, y: Tensor, threshold: float = 0.5) -> Tensor:
    """Whether outputs are above a threshold where targets are above 0.5."""
    return (p > threshold) == (y.reshape(p.shape) > 0.5)
