"""Splits at random."""

from __future__ import annotations

import numpy as np

from nnspec.backends.contract import Indices
from nnspec.data.splitting.method import Fold, Key, SplitMethod, held_out
from nnspec.randomness import philox


class RandomSplit(SplitMethod):
    """Every set of rows is equally likely; folds are those of scikit-learn's shuffled `KFold`."""

    def choose(self, rows: Indices, count: int, key: Key) -> Indices:
        """`count` rows at random."""
        order = philox.permutation(len(rows), *key)
        return np.sort(rows[order[len(rows) - count :]])

    def folds(self, rows: Indices, folds: int, key: Key) -> list[Fold]:
        """Folds whose sizes differ by one at most; the first ones are the larger ones."""
        order = philox.permutation(len(rows), *key)
        return held_out(rows, np.array_split(rows[order], folds))
