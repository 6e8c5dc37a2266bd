"""The order of the rows in an epoch: as they are, or shuffled, all together or within windows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nnspec.backends.contract import Indices
from nnspec.randomness import philox
from nnspec.spec.train_options import TrainOptions

BLOCKS = 8  # of consecutive rows, in a window


def epoch_order(rows: int, options: TrainOptions, epoch: int) -> Indices:
    """The numbers of all rows in the order of an epoch, counted from 1.

    With a shuffle window the rows are divided into blocks of an eighth of it; the blocks are
    shuffled, and the rows of each eight blocks are shuffled together. So the rows of a window lie
    in few places of a file, and each epoch has other windows.
    """
    if not options.shuffle:
        return np.arange(rows)
    if options.shuffle_window is None or options.shuffle_window >= rows:
        return philox.permutation(rows, options.seed, "shuffle", epoch)
    return np.concatenate(list(_windows(rows, options.shuffle_window, options.seed, epoch)))


def block_size(window: int) -> int:
    """The number of consecutive rows in a block of a shuffle window."""
    return max(1, window // BLOCKS)


def _windows(rows: int, window: int, seed: int, epoch: int) -> Iterator[Indices]:
    """The shuffled row numbers of each window of an epoch."""
    size = block_size(window)
    blocks = philox.permutation(-(-rows // size), seed, "shuffle_blocks", epoch)
    for number in range(-(-len(blocks) // BLOCKS)):
        chosen = blocks[number * BLOCKS : (number + 1) * BLOCKS]
        found = np.concatenate([np.arange(b * size, min((b + 1) * size, rows)) for b in chosen])
        yield found[philox.permutation(len(found), seed, "shuffle_window", epoch, number)]
