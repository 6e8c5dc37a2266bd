"""Metrics: a value per row, from predictions and targets."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy import registry
from nnspec.backends.numpy.losses.formula import loss_formula, row_means
from nnspec.components.losses.base import Loss
from nnspec.components.metrics.base import Metric
from nnspec.components.metrics.classification import BinaryAccuracy

RowMetric = Callable[[Array, Array], Array]


def row_metric(metric: Metric | Loss) -> RowMetric:
    """The function from predictions and targets to a metric's value per row."""
    if not isinstance(metric, Loss):
        return registry.METRICS[metric](metric)
    elements = loss_formula(metric, fused=False).elements
    return lambda p, y: row_means(elements(p, y), np.float64)


def accuracy(_: Metric) -> RowMetric:
    """1 where the predicted class is the target's: argmax, or p > 0.5 for a single output."""

    def correct(p: Array, y: Array) -> Array:
        if p.ndim == 1 or p.shape[-1] == 1:
            return same_side(p, y)
        classes = y.argmax(axis=-1) if y.shape == p.shape else y.reshape(p.shape[:-1])
        return row_means(p.argmax(axis=-1) == classes, np.float64)

    return correct


def binary_accuracy(metric: BinaryAccuracy) -> RowMetric:
    """The share of outputs that are above the threshold where their targets are 1."""
    return partial(same_side, threshold=metric.threshold)


def same_side(p: Array, y: Array, threshold: float = 0.5) -> Array:
    """The share of each row's outputs above a threshold where targets are above 0.5."""
    return row_means((p > threshold) == (y > 0.5), np.float64)
