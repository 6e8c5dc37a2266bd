"""The share of rows whose class a single column tells."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.data.column_types import is_missing

_ROWS_A_VALUE = 5  # on average; of fewer rows any column tells the class of each value


def purity(column: Array, classes: Array) -> float:
    """The larger share of rows that are right by the column's values, or by its thresholds.

    By values each row gets the most frequent class of its value; by thresholds the classes follow
    each other along the column.
    """
    return max(_by_values(column, classes), _by_thresholds(column, classes))


def _by_values(column: Array, classes: Array) -> float:
    """0 where there are too many values for the rows."""
    values, codes = np.unique(column, return_inverse=True)
    if len(values) * _ROWS_A_VALUE > len(column):
        return 0.0
    count = int(classes.max()) + 1
    table = np.bincount(codes * count + classes, minlength=len(values) * count)
    return float(table.reshape(-1, count).max(axis=1).sum() / len(column))


def _by_thresholds(column: Array, classes: Array) -> float:
    """Rows in which a value is missing are wrong; 0 for text, which has no order."""
    if column.dtype.kind == "T":
        return 0.0
    there = ~is_missing(column)
    order = np.argsort(column[there], kind="stable")
    values, sorted_classes = column[there][order], classes[there][order]
    present, first = np.unique(sorted_classes, return_inverse=True)
    if len(present) < 2:
        return 0.0
    ranks = np.arange(len(values))
    medians = [np.median(ranks[first == number]) for number in range(len(present))]
    along = np.argsort(medians)
    cuts = [_cut(values, first, *pair) for pair in pairwise(along)]
    found = along[np.searchsorted(np.sort(cuts), ranks, side="right")]
    return float((found == first).sum() / len(column))


def _cut(values: Array, classes: Array, below: int, above: int) -> int:
    """The number of rows below the threshold that parts two classes best; equal values stay."""
    right = np.cumsum((classes == below).astype(np.int64) - (classes == above))
    ends = np.flatnonzero(np.append(values[1:] != values[:-1], True))
    return int(ends[np.argmax(right[ends])]) + 1
