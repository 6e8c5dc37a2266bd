"""Metrics: a figure for each row, from predictions and targets."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy import registry
from nnspec.backends.numpy.losses import row_means
from nnspec.components.losses.base import Loss
from nnspec.components.metrics.base import Metric

PerRow = Callable[[Array, Array], Array]


def per_row(metric: Metric | Loss) -> PerRow:
    """The function that gives a metric's figure for each row."""
    if not isinstance(metric, Loss):
        return registry.METRICS[metric](metric)
    elements = registry.LOSSES[metric](metric).elements
    return lambda p, y: row_means(elements(p, y), np.float64)


def accuracy(_: Metric) -> PerRow:
    """1 where the class is right: the largest output, or whether the only one is above 0.5."""

    def right(p: Array, y: Array) -> Array:
        if p.ndim == 1 or p.shape[-1] == 1:
            return row_means((p > 0.5) == (y > 0.5), np.float64)
        classes = y.argmax(axis=-1) if y.shape == p.shape else y.reshape(p.shape[:-1])
        return row_means(p.argmax(axis=-1) == classes, np.float64)

    return right
