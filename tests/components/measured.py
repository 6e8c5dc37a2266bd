"""A metric with a state, of rows that come in parts."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from nnspec.options.validation import read_component


def measured(
    written: Any, predictions: np.ndarray, targets: np.ndarray, sizes: tuple[int, ...] = (1000,)
) -> float:
    """The metric of all rows, of which each part is updated by itself."""
    metric: Any = read_component("metric", written)
    metric.check(predictions.shape[1:], targets.shape[1:])
    ends = np.cumsum(sizes)[:-1]
    parts = zip(np.split(predictions, ends), np.split(targets, ends), strict=True)
    return metric.result(reduce(metric.merge, [metric.update(*part) for part in parts]))
