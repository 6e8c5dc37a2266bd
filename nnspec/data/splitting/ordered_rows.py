"""Splits in the order of the rows."""

from __future__ import annotations

import numpy as np

from nnspec.backends.contract import Indices
from nnspec.data.splitting.method import Fold, Key, SplitMethod, held_out


class OrderedSplit(SplitMethod):
    """The last rows are kept from training; folds are rows that follow each other."""

    def choose(self, rows: Indices, count: int, _: Key) -> Indices:
        """The last `count` rows."""
        return rows[len(rows) - count :]

    def folds(self, rows: Indices, folds: int, _: Key) -> list[Fold]:
        """Folds in the order of the rows, whose sizes differ by one at most."""
        return held_out(rows, np.array_split(rows, folds))
