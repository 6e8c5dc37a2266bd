"""Blocked tensors: the activations between two nodes and their gradients, in blocks of rows.

A batch is split into blocks of rows that are small enough to stay in cache. Images are stored as
(height, width, rows, channels): every rectangle of an image then consists of long contiguous runs,
whatever the number of channels. Everything else is stored as (rows, ...), with all blocks in one
array, so that a kernel can also work on the whole batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import prod
from typing import Any, NamedTuple

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy.fast.threads import Task
from nnspec.backends.numpy.huge_pages import empty
from nnspec.backends.numpy.parameters import ParameterStore
from nnspec.backends.numpy.reference.context import RuleContext
from nnspec.graph.ir import Node
from nnspec.options.types import Shape


class BlockedTensor(NamedTuple):
    """The output of a node and its gradient, one array per block."""

    shape: Shape  # of one row
    values: Sequence[Array]  # one array per block
    gradients: Sequence[Array]
    overwritable: bool  # whether the next node may overwrite the values

    @property
    def is_image(self) -> bool:
        """Whether blocks are (height, width, rows, channels)."""
        return len(self.shape) == 3

    def rows_first(self, array: Array) -> Array:
        """A block with its rows as the first axis; a view."""
        return np.moveaxis(array, 2, 0) if self.is_image else array

    def gather(self, blocks: Sequence[Array]) -> Array:
        """Concatenate the rows of all blocks, rows first; a view unless they are images."""
        return (
            np.concatenate(list(map(self.rows_first, blocks)))
            if self.is_image
            else batch_view(blocks)
        )

    def scatter(self, rows: Array, blocks: Sequence[Array]) -> None:
        """Copy the rows of a batch to its blocks."""
        if not self.is_image:
            np.copyto(batch_view(blocks), rows)
            return
        start = 0
        for block in map(self.rows_first, blocks):
            block[...] = rows[start : start + len(block)]
            start += len(block)


class Blocks(NamedTuple):
    """The blocks of a batch; allocates buffers for them."""

    spans: Sequence[slice]
    dtype: np.dtype[Any]

    @classmethod
    def split(cls, rows: int, size: int, dtype: np.dtype[Any]) -> Blocks:
        """Split `rows` rows into blocks of `size`; the last may be smaller."""
        starts = range(0, rows, size)
        return cls([slice(start, min(start + size, rows)) for start in starts], dtype)

    @property
    def rows(self) -> int:
        """Number of rows of the batch."""
        return self.spans[-1].stop

    def buffers(self, shape: Shape, dtype: Any = None) -> list[Array]:
        """An uninitialised buffer per block, for rows of a shape."""
        dtype = dtype or self.dtype
        if len(shape) == 3:
            height, width, channels = shape
            sizes = [span.stop - span.start for span in self.spans]
            return [empty((height, width, rows, channels), dtype) for rows in sizes]
        buffer = np.empty((self.rows, *shape), dtype)
        return [buffer[span] for span in self.spans]

    def tensor(self, shape: Shape, *, overwritable: bool, with_gradients: bool) -> BlockedTensor:
        """A tensor with new buffers for values and, if asked for, gradients."""
        values = self.buffers(shape)
        return BlockedTensor(
            shape, values, self.buffers(shape) if with_gradients else values, overwritable
        )


class BlockContext(NamedTuple):
    """What a kernel is built from: a node, its weights and the blocks of a batch."""

    node: Node
    store: ParameterStore
    blocks: Blocks
    training: bool
    input_gradient: bool  # whether a node before it has trainable weights
    reads_input: bool  # whether it reads the network's inputs, at most reshaped

    @property
    def shape(self) -> Shape:
        """Shape of one row of the node's output."""
        return self.node.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of activations and weights."""
        return self.blocks.dtype

    @property
    def reference_context(self) -> RuleContext:
        """The context of the reference rule for the whole batch."""
        fields = self.blocks.rows, self.dtype, self.training, self.input_gradient
        return RuleContext(self.node, self.store, *fields)

    def allocate_output(self) -> BlockedTensor:
        """Allocate a tensor for the node's output, which the next node may overwrite."""
        return self.blocks.tensor(self.shape, overwritable=True, with_gradients=self.training)

    def buffers(self, shape: Shape, dtype: Any = None) -> list[Array]:
        """An uninitialised buffer per block, for rows of a shape."""
        return self.blocks.buffers(shape, dtype)

    def weight(self, name: str) -> Array:
        """A weight of the node; updates change it in place."""
        return self.store.weight(f"{self.node.name}/{name}")

    def gradient(self, name: str) -> Array:
        """The array for the gradient of a weight."""
        return self.store.gradients.views[f"{self.node.name}/{name}"]

    def gradient_spans(self) -> list[slice]:
        """The slices of the flat gradient array for all trainable weights of the node."""
        spans, node = self.store.gradients.spans, self.node
        names = (f"{node.name}/{name}" for name in node.weights)
        return [spans[name] for name in names if name in spans]

    def gradient_span(self, name: str) -> slice:
        """The slice of the flat gradient array for one weight."""
        return self.store.gradients.spans[f"{self.node.name}/{name}"]

    def has_weight(self, name: str) -> bool:
        """Whether the node has a weight of this name."""
        return name in self.node.weights


def batch_view(blocks: Sequence[Array]) -> Array:
    """All rows as one array (rows, ...), of blocks that are consecutive slices of it; a view."""
    first, rows = blocks[0], sum(map(len, blocks))
    flat = first if first.base is None else first.base
    return flat.reshape(rows, *first.shape[1:])


def as_wide_matrix(block: Array) -> Array:
    """A block as a matrix with long rows, (height width, rows channels) of images; a view.

    NumPy's element-wise loops run along the last axis, so it is made as long as possible.
    """
    length = prod(block.shape[2:]) if block.ndim == 4 else prod(block.shape[1:])
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
