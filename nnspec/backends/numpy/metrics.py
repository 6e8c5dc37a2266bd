"""Metrics: a figure for each row, from predictions and targets."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy.losses import loss_formula, row_means
from nnspec.backends.rules import Rules
from nnspec.components.losses.base import Loss
from nnspec.components.metrics.base import Metric
from nnspec.components.metrics.classification import Accuracy

PerRow = Callable[[Array, Array], Array]
metric_rule: Rules[Callable[[Metric], PerRow]] = Rules("numpy")


def per_row(metric: Metric | Loss) -> PerRow:
    """The function that gives a metric's figure for each row."""
    if not isinstance(metric, Loss):
        return metric_rule[metric](metric)
    elements = loss_formula[metric](metric).elements
    return lambda p, y: row_means(elements(p, y), np.float64)


@metric_rule.register(Accuracy)
def accuracy(_: Metric) -> PerRow:
    """1 where the class is right: the largest output, or whether the only one is above 0.5."""

    def right(p: Array, y: Array) -> Array:
        if p.ndim == 1 or p.shape[-1] == 1:
            return row_means((p > 0.5) == (y > 0.5), np.float64)
        classes = y.argmax(axis=-1) if y.shape == p.shape else y.reshape(p.shape[:-1])
        return row_means(p.argmax(axis=-1) == classes, np.float64)

    return right
