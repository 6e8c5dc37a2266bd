"""Metrics: a figure for each row, from predictions and targets, where the program computes."""

from __future__ import annotations

from keras import ops

from nnspec.backends.keras import registry
from nnspec.backends.keras.losses import Formula, per_row, row_means
from nnspec.backends.keras.rules import Numerics, Tensor
from nnspec.components.losses.base import Loss
from nnspec.components.metrics.base import Metric


def metric_formula(metric: Metric | Loss, arithmetic: Numerics) -> Formula:
    """The function that gives a metric's figure for each row."""
    if isinstance(metric, Loss):
        return per_row(registry.LOSSES[metric](metric, arithmetic))
    return registry.METRICS[metric](metric)


def accuracy(_: Metric) -> Formula:
    """1 where the class is right: the largest output, or whether the only one is above 0.5."""

    def right(p: Tensor, y: Tensor) -> Tensor:
        if len(p.shape) == 1 or p.shape[-1] == 1:
            return _shares(ops.equal(p > 0.5, y > 0.5))
        classes = ops.argmax(p, axis=-1)
        return _shares(ops.equal(classes, _classes(p, y)))

    return right


def _classes(p: Tensor, y: Tensor) -> Tensor:
    """The right classes, from rows like the predictions or from indices."""
    if tuple(y.shape[1:]) == tuple(p.shape[1:]):
        return ops.argmax(y, axis=-1)
    return ops.cast(ops.reshape(y, (-1, *p.shape[1:-1])), "int32")


def _shares(truths: Tensor) -> Tensor:
    return row_means(ops.cast(truths, "float64"))
