"""Blocked tensors: the values between nodes and their gradients, in blocks of rows.

A batch is split into blocks of rows that are small enough to stay in cache. Each value has a
layout. As images it is stored as (height, width, rows, channels): every rectangle of an image then
consists of long contiguous runs, whatever the number of channels. So are sequences, (steps, rows,
channels). Otherwise it is stored rows first, (rows, ...), with all blocks in one array, so that a
kernel can also work on the whole batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.memory import KeptMemory, Memory
from nnspec.backends.numpy.fast.threads import Task
from nnspec.options.types import Shape


class Layout(IntEnum):
    """How a block is stored; the number is that of its axis of rows."""

    ROWS_FIRST = 0  # (rows, ...)
    SEQUENCES = 1  # (steps, rows, channels)
    IMAGES = 2  # (height, width, rows, channels)


class BlockedTensor(NamedTuple):
    """A value and its gradient, one array per block, as one of its readers gets it.

    Where no gradient is needed, `gradients` are the values, and nothing may write them.
    """

    shape: Shape  # of one row
    layout: Layout
    values: Sequence[Array]
    gradients: Sequence[Array]
    overwritable: bool  # whether the reader may overwrite the values

    @property
    def is_spatial(self) -> bool:
        """Whether blocks have their spatial axes first: sequences or images."""
        return self.layout is not Layout.ROWS_FIRST

    def rows_first(self, block: Array) -> Array:
        """A block with its rows as the first axis; a view."""
        return np.moveaxis(block, self.layout, 0)

    def axis(self, axis: int) -> int:
        """The axis of a block for an axis of a row, counted from the end: -1, -2, ..."""
        rank = len(self.shape)
        return rank + axis if rank + axis < self.layout else rank + 1 + axis

    def gather(self, blocks: Sequence[Array]) -> Array:
        """Concatenate the rows of all blocks, rows first; a view unless they are spatial."""
        return (
            np.concatenate(list(map(self.rows_first, blocks)))
            if self.is_spatial
            else batch_view(blocks)
        )

    def scatter(self, rows: Array, blocks: Sequence[Array]) -> None:
        """Copy the rows of a batch to its blocks."""
        if not self.is_spatial:
            np.copyto(batch_view(blocks), rows)
            return
        start = 0
        for block in map(self.rows_first, blocks):
            block[...] = rows[start : start + len(block)]
            start += len(block)

    def matrices(self, blocks: Sequence[Array]) -> list[Array]:
        """The vectors along the last axis as rows of matrices: one of the batch, or one a block."""
        arrays = blocks if self.is_spatial else [batch_view(blocks)]
        return list(map(as_matrix, arrays))


class Blocks(NamedTuple):
    """The blocks of a batch; allocates buffers for them."""

    spans: Sequence[slice]
    dtype: np.dtype[Any]
    memory: Memory

    @classmethod
    def split(
        cls, rows: int, size: int, dtype: np.dtype[Any], memory: Memory | None = None
    ) -> Blocks:
        """Split `rows` rows into blocks of `size`; the last may be smaller."""
        starts = range(0, rows, size)
        spans = [slice(start, min(start + size, rows)) for start in starts]
        return cls(spans, dtype, memory or KeptMemory())

    @property
    def rows(self) -> int:
        """Number of rows of the batch."""
        return self.spans[-1].stop

    def buffers(self, shape: Shape, layout: Layout, dtype: Any = None) -> list[Array]:
        """An uninitialised buffer per block, for rows of a shape."""
        dtype, empty = dtype or self.dtype, self.memory.empty
        if layout is not Layout.ROWS_FIRST:
            sizes = [span.stop - span.start for span in self.spans]
            return [empty((*shape[:layout], rows, *shape[layout:]), dtype) for rows in sizes]
        if len(self.spans) == 1:
            return [empty((self.rows, *shape), dtype)]
        buffer = np.empty((self.rows, *shape), dtype)
        return [buffer[span] for span in self.spans]


def batch_view(blocks: Sequence[Array]) -> Array:
    """All rows as one array (rows, ...), of blocks that are consecutive slices of it; a view."""
    first, rows = blocks[0], sum(map(len, blocks))
    if len(blocks) == 1:
        return first
    flat = first if first.base is None else first.base
    return flat.reshape(rows, *first.shape[1:])


def as_matrix(block: Array) -> Array:
    """A block as a matrix whose rows are its vectors along the last axis; a view."""
    return block.reshape(-1, block.shape[-1])


def as_wide_matrix(block: Array) -> Array:
    """A block as a matrix with long rows, (height width, rows channels) of images; a view.

    NumPy's element-wise loops run along the last axis, so it is made as long as possible.
    """
    length = block[0, 0].size if block.ndim == 4 else block[0].size
    return block.reshape(-1, length)


def bias_tasks(vector: Array, block: Array) -> list[Task]:
    """Tasks that add one value per channel to a block (height, width, rows, channels)."""
    rows, tiled = as_wide_matrix(block), np.empty(block.shape[2:], block.dtype)
    return [
        partial(np.copyto, tiled, vector),
        partial(np.add, rows, tiled.reshape(-1), out=rows),
    ]


def sum_rows(rows: Array, out: Array) -> None:
    """Sum (n, channels) over n, as a product with ones: faster than a reduction over axis 0."""
    np.matmul(np.ones(len(rows), rows.dtype), rows, out=out)
