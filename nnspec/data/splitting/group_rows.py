"""Splits in which the rows of a group stay together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.contract import Indices
from nnspec.data.splitting.method import Fold, Key, SplitMethod, held_out
from nnspec.errors import DataError
from nnspec.randomness import philox

_SURELY = 64  # times the largest group: so many rows are chosen exactly, the others at random


class GroupSplit(SplitMethod):
    """Whole groups are chosen at random, such that the number of rows is as near as possible.

    `groups` is the group of each row, a number.
    """

    def __init__(self, groups: Array) -> None:
        self.groups = groups

    def choose(self, rows: Indices, count: int, key: Key) -> Indices:
        """The rows of groups that have about `count` rows together."""
        groups, sizes = np.unique(self.groups[rows], return_counts=True)
        if len(groups) < 2:
            raise DataError("the rows are all of one group, which cannot be split")
        order = philox.permutation(len(groups), *key)
        chosen = order[nearest_sum(sizes[order].tolist(), count)]
        return rows[np.isin(self.groups[rows], groups[chosen])]

    def folds(self, rows: Indices, folds: int, key: Key) -> list[Fold]:
        """Folds of whole groups: the largest first, each put into the fold with fewest rows."""
        groups, place, sizes = np.unique(self.groups[rows], return_inverse=True, return_counts=True)
        if len(groups) < folds:
            raise DataError(f"{folds} folds of {len(groups)} groups")
        order = philox.permutation(len(groups), *key)
        order = order[np.argsort(-sizes[order], kind="stable")]
        fold_of, filled = np.zeros(len(groups), np.int64), np.zeros(folds, np.int64)
        for group in order:
            fold_of[group] = np.argmin(filled)
            filled[fold_of[group]] += sizes[group]
        return held_out(rows, [rows[fold_of[place] == fold] for fold in range(folds)])


def nearest_sum(sizes: Sequence[int], count: int) -> list[int]:
    """The numbers of some sizes, not all and not none, whose sum is nearest to `count`.

    Exact where `count` is small beside the largest size. Otherwise sizes are taken in their order
    as long as many rows are missing: the sum of the others then fits as well.
    """
    taken, missing, spare = list[int](), count, _SURELY * max(sizes)
    while missing - sizes[len(taken)] > spare:
        missing -= sizes[len(taken)]
        taken.append(len(taken))
    first, total = len(taken), sum(sizes)
    last = _last_sizes(sizes[first:], missing, total - (count - missing) - 1)
    reached = np.flatnonzero(last >= 0)
    reached = reached[(reached > 0) | bool(taken)]
    best = int(reached[np.argmin(np.abs(reached - missing))])
    while best:
        taken.append(first + int(last[best]))
        best -= sizes[taken[-1]]
    return sorted(taken)


def _last_sizes(sizes: Sequence[int], wanted: int, most: int) -> Indices:
    """For each sum near `wanted`, at most `most`, the size that first reaches it; -1 if none does.

    The sum without that size is reached by earlier sizes, so the sizes of a sum can be followed.
    """
    last = np.full(max(min(2 * wanted, most), min(sizes)) + 1, -1, np.int64)
    last[0] = len(sizes)  # reached by no size
    for number, size in enumerate(sizes):
        new = (last[: max(0, len(last) - size)] >= 0) & (last[size:] < 0)
        last[size:][new] = number
        if wanted < len(last) and last[wanted] >= 0:
            break
    return last
