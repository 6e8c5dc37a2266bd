"""The order of the rows in a pass over them: as it is, or shuffled, all together or in windows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nnspec.backends.contract import Indices
from nnspec.randomness import philox
from nnspec.spec.train_options import TrainOptions

BLOCKS = 8  # of consecutive rows, in a window


def pass_order(rows: int, options: TrainOptions, number: int) -> Indices:
    """The numbers of all rows in the order of a pass, counted from 1.

    With a shuffle window the rows are divided into blocks of an eighth of it; the blocks are
    shuffled, and the rows of each eight blocks are shuffled together. So the rows of a window lie
    in few places of a file, and each pass has other windows.
    """
    if not options.shuffle:
        return np.arange(rows)
    if options.shuffle_window is None or options.shuffle_window >= rows:
        return philox.permutation(rows, options.seed, "shuffle", number)
    return np.concatenate(list(_windows(rows, options.shuffle_window, options.seed, number)))


def block_size(window: int) -> int:
    """The number of consecutive rows in a block of a shuffle window."""
    return max(1, window // BLOCKS)


def _windows(rows: int, window: int, seed: int, number: int) -> Iterator[Indices]:
    """The shuffled row numbers of each window of a pass."""
    size = block_size(window)
    blocks = philox.permutation(-(-rows // size), seed, "shuffle_blocks", number)
    for index in range(-(-len(blocks) // BLOCKS)):
        chosen = blocks[index * BLOCKS : (index + 1) * BLOCKS]
        found = np.concatenate([np.arange(b * size, min((b + 1) * size, rows)) for b in chosen])
        yield found[philox.permutation(len(found), seed, "shuffle_window", number, index)]
