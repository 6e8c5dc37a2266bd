"""Splits in which each part has as many rows of each class as there are among all rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnspec.backends.arrays import Array
from nnspec.backends.contract import Indices
from nnspec.data.splitting.method import Fold, Key, SplitMethod, held_out
from nnspec.errors import DataError
from nnspec.randomness import philox

_Counts = NDArray[Any]


class StratifiedSplit(SplitMethod):
    """Rows of each class are split at random, in the same proportion as all rows.

    `classes` is the class of each row, a number. A class of two rows or more is on both sides.
    """

    def __init__(self, classes: Array) -> None:
        self.classes = classes

    def choose(self, rows: Indices, count: int, key: Key) -> Indices:
        """`count` rows; of a class its share, rounded, and one at least where it has two rows."""
        order = self._by_class(rows, key)
        _, sizes = np.unique(self.classes[rows], return_counts=True)
        wanted = shares(sizes, count)
        ranks = np.arange(len(rows)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return np.sort(order[ranks < np.repeat(wanted, sizes)])

    def folds(self, rows: Indices, folds: int, key: Key) -> list[Fold]:
        """Folds in which each class, and so all rows, differ by one row at most."""
        order = self._by_class(rows, key)
        return held_out(rows, [order[fold::folds] for fold in range(folds)])

    def _by_class(self, rows: Indices, key: Key) -> Indices:
        """The rows in random order, those of the first class first."""
        order = rows[philox.permutation(len(rows), *key)]
        return order[np.argsort(self.classes[order], kind="stable")]


def shares(sizes: _Counts, count: int) -> _Counts:
    """How many rows of each class are among `count` of all, by the largest remainders.

    size * count / sum(sizes), rounded so that the sum is `count`, at least 1 and at most size - 1
    where size > 1, and 0 where it is 1. Raises DataError where no such numbers are.
    """
    low, high = np.minimum(sizes - 1, 1), np.where(sizes > 1, sizes - 1, 0)
    if not low.sum() <= count <= high.sum():
        several = int((sizes > 1).sum())
        found = f"{count:,} of {sizes.sum():,} rows for {several:,} classes of two rows or more"
        raise DataError(f"stratified: {found}", "each class needs a row on both sides")
    total = int(sizes.sum())
    wanted = np.clip(sizes * count // total, low, high)
    for _ in range(abs(int(wanted.sum()) - count)):
        missing = sizes * count - wanted * total  # remainders, times the number of rows
        if wanted.sum() < count:
            wanted[np.argmax(np.where(wanted < high, missing, -np.inf))] += 1
        else:
            wanted[np.argmin(np.where(wanted > low, missing, np.inf))] -= 1
    return wanted
