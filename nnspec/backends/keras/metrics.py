"""Metric formulas in keras.ops: a value for each row, from predictions and targets."""

from __future__ import annotations

from functools import partial

from keras import ops

from nnspec.backends.keras import registry
from nnspec.backends.keras.losses.formula import Formula, row_loss, row_means
from nnspec.backends.keras.rules import Numerics, Tensor
from nnspec.components.losses.base import Loss
from nnspec.components.metrics.base import Metric
from nnspec.components.metrics.classification import BinaryAccuracy


def metric_formula(metric: Metric | Loss, numerics: Numerics) -> Formula:
    """Return the function (predictions, targets) -> value of a metric for each row."""
    if isinstance(metric, Loss):
        return row_loss(metric, numerics)
    return registry.METRICS[metric](metric)


def accuracy(_: Metric) -> Formula:
    """Share of correct classes in each row: argmax, or p > 0.5 for a single output."""

    def row_accuracy(p: Tensor, y: Tensor) -> Tensor:
        if len(p.shape) == 1 or p.shape[-1] == 1:
            return same_side(p, y)
        classes = ops.argmax(p, axis=-1)
        return _row_shares(ops.equal(classes, _target_classes(p, y)))

    return row_accuracy


def binary_accuracy(metric: BinaryAccuracy) -> Formula:
    """The share of each row's outputs that are above the threshold where their targets are 1."""
    return partial(same_side, threshold=metric.threshold)


def same_side(p: Tensor, y: Tensor, threshold: float = 0.5) -> Tensor:
    """The share of each row's outputs above a threshold where targets are above 0.5."""
    return _row_shares(ops.equal(p > threshold, ops.greater(y, 0.5)))


def _target_classes(p: Tensor, y: Tensor) -> Tensor:
    """Class indices of the targets, which are one-hot rows or indices."""
    if tuple(y.shape[1:]) == tuple(p.shape[1:]):
        return ops.argmax(y, axis=-1)
    return ops.cast(ops.reshape(y, (-1, *p.shape[1:-1])), "int32")


def _row_shares(correct: Tensor) -> Tensor:
    return row_means(ops.cast(correct, "float64"))
