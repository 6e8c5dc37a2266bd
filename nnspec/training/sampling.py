"""The row numbers of a pass over the training rows, in their order, and its batches."""

from __future__ import annotations

import numpy as np

from nnspec.backends.contract import Indices
from nnspec.randomness import philox
from nnspec.spec.train_options import TrainOptions
from nnspec.training.row_order import pass_order


def pass_batches(
    rows: int, options: TrainOptions, number: int, classes: Indices | None = None
) -> list[Indices]:
    """The row numbers of each batch of a pass, from 1 on; the last batch may be smaller.

    With `classes` of the rows each class is drawn as often as the most frequent one.
    """
    order = np.arange(rows) if classes is None else oversampled(classes, options.seed, number)
    count = len(order)
    size = count if options.batch_size == "all" else options.batch_size
    order = order[pass_order(count, options, number)]
    return [order[start : start + size] for start in range(0, count, size)]


def drawn_rows(classes: Indices) -> int:
    """How many rows a pass draws of rows with these classes: all as often as the most frequent."""
    counts = np.unique(classes, return_counts=True)[1]
    return len(counts) * int(counts.max())


def oversampled(classes: Indices, seed: int, number: int) -> Indices:
    """Ascending row numbers, with as many of each class as the most frequent one has rows.

    Each row of a class with n_c rows comes floor(n / n_c) times, and some drawn ones once more.
    """
    present, counts = np.unique(classes, return_counts=True)
    groups = np.split(np.argsort(classes, kind="stable"), np.cumsum(counts)[:-1])
    drawn = []
    for label, rows in zip(present.tolist(), groups, strict=True):
        times, rest = divmod(int(counts.max()), len(rows))
        order = philox.permutation(len(rows), seed, "oversample", number, label)
        drawn += [np.repeat(rows, times), rows[order[:rest]]]
    return np.sort(np.concatenate(drawn))
