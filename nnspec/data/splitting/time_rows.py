"""Splits in time: what is tested is later than what is learnt."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.contract import Indices
from nnspec.data.splitting.method import Fold, Key, SplitMethod
from nnspec.errors import DataError


class TimeSplit(SplitMethod):
    """The latest rows are kept from training; rows of the same time stay together.

    `times` is the time of each row. Folds are those of forward chaining, scikit-learn's
    `TimeSeriesSplit`: each is held out of training on all earlier rows, never on later ones.
    """

    def __init__(self, times: Array) -> None:
        self.times = times

    def choose(self, rows: Indices, count: int, _: Key) -> Indices:
        """The latest rows, as near to `count` of them as rows of the same time allow."""
        order, cuts = self._in_time(rows)
        if not len(cuts):
            raise DataError("the rows are all of the same time, which cannot be split")
        cut = cuts[np.argmin(np.abs(cuts - (len(rows) - count)))]
        return np.sort(order[cut:])

    def folds(self, rows: Indices, folds: int, _: Key) -> list[Fold]:
        """Folds one later than the other; the rows before the first are never held out."""
        order, cuts = self._in_time(rows)
        if len(cuts) < folds:
            message = f"{folds} folds of rows of {len(cuts) + 1} times"
            raise DataError(message, "each fold is later than the rows that are learnt before it")
        ends = [*self._spread(cuts, len(rows), folds), len(rows)]
        return [
            Fold(np.sort(order[:start]), np.sort(order[start:end])) for start, end in pairwise(ends)
        ]

    def _in_time(self, rows: Indices) -> tuple[Indices, Indices]:
        """The rows in the order of time, and where in it a new time begins."""
        order = rows[np.argsort(self.times[rows], kind="stable")]
        times = self.times[order]
        return order, np.flatnonzero(times[1:] != times[:-1]) + 1

    @staticmethod
    def _spread(cuts: Indices, rows: int, folds: int) -> list[int]:
        """`folds` different cuts, each as near to its even place as those after it allow."""
        chosen, first = list[int](), 0
        for fold in range(folds):
            allowed = cuts[first : len(cuts) - (folds - fold - 1)]
            even = rows * (fold + 1) / (folds + 1)
            first += int(np.argmin(np.abs(allowed - even))) + 1
            chosen.append(int(cuts[first - 1]))
        return chosen
