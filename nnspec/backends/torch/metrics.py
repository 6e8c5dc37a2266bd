"""Metrics: a figure for each row or element, from predictions and targets."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from nnspec.backends.torch import registry
from nnspec.backends.torch.losses import elements_of
from nnspec.components.losses.base import Loss
from nnspec.components.metrics.base import Metric
from nnspec.components.metrics.classification import Accuracy


def row_sum(metric: Metric | Loss) -> Callable[[Tensor, Tensor], Tensor]:
    """The function from predictions and targets to the sum over the rows, left on the device."""
    if isinstance(metric, Loss):
        elements = elements_of(metric)
    else:
        rule = registry.METRICS[metric]

        def elements(p: Tensor, y: Tensor) -> Tensor:
            return rule(metric, p, y)

    def summed(p: Tensor, y: Tensor) -> Tensor:
        values = elements(p, y)
        total, each = values.sum(dtype=p.dtype), values.numel() // len(values)
        return total / each if each > 1 else total

    return summed


def accuracy(_: Accuracy, p: Tensor, y: Tensor) -> Tensor:
    """True where the class is right: the largest output, or whether the only one is above 0.5."""
    if p.ndim == 1 or p.shape[-1] == 1:
        return (p > 0.5) == (y.reshape(p.shape) > 0.5)
    if y.ndim == p.ndim:
        y = y.argmax(-1) if y.shape == p.shape else y[..., 0]
    return p.argmax(-1) == y
