"""The row numbers that an epoch trains on, in their order, and their batches."""

from __future__ import annotations

import numpy as np

from nnspec.backends.contract import Indices
from nnspec.randomness import philox
from nnspec.spec.train_options import TrainOptions
from nnspec.training.row_order import epoch_order


def epoch_batches(
    rows: int, options: TrainOptions, epoch: int, classes: Indices | None = None
) -> list[Indices]:
    """The row numbers of each batch of an epoch; the last batch may be smaller.

    With `classes` of the rows each class is drawn as often as the most frequent one.
    """
    order = np.arange(rows) if classes is None else oversampled(classes, options.seed, epoch)
    count = len(order)
    size = count if options.batch_size == "all" else options.batch_size
    order = order[epoch_order(count, options, epoch)]
    return [order[start : start + size] for start in range(0, count, size)]


def oversampled(classes: Indices, seed: int, epoch: int) -> Indices:
    """Ascending row numbers, with as many of each class as the most frequent one has rows.

    Each row of a class with n_c rows comes floor(n / n_c) times, and some drawn ones once more.
    """
    present, counts = np.unique(classes, return_counts=True)
    groups = np.split(np.argsort(classes, kind="stable"), np.cumsum(counts)[:-1])
    drawn = []
    for label, rows in zip(present.tolist(), groups, strict=True):
        times, rest = divmod(int(counts.max()), len(rows))
        order = philox.permutation(len(rows), seed, "oversample", epoch, label)
        drawn += [np.repeat(rows, times), rows[order[:rest]]]
    return np.sort(np.concatenate(drawn))
