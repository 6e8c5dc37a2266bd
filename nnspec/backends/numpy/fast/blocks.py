"""Where kernels read and write: the values between two nodes, and their gradients, by blocks.

A batch is cut into blocks of rows, each small enough that what a block needs stays in cache.
Images lie as (height, width, rows, channels): every rectangle of an image is then made of long
contiguous runs, whatever the number of channels. Everything else lies as (rows, ...), the blocks
one after the other in one array, so that a kernel can also work on all rows at once.
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
    """The values that one node hands to the next, and where the next writes their gradient."""

    shape: Shape  # of a row
    values: Sequence[Array]  # one array a block
    gradients: Sequence[Array]
    overwritable: bool  # whether its reader may overwrite the values

    @property
    def is_image(self) -> bool:
        """Whether rows are the third axis."""
        return len(self.shape) == 3

    def by_rows(self, array: Array) -> Array:
        """One of the arrays with its rows as the first axis; a view."""
        return np.moveaxis(array, 2, 0) if self.is_image else array

    def gather(self, blocks: Sequence[Array]) -> Array:
        """All rows of the blocks as one array, rows first; a view where they lie so."""
        return np.concatenate(list(map(self.by_rows, blocks))) if self.is_image else joined(blocks)

    def scatter(self, rows: Array, blocks: Sequence[Array]) -> None:
        """Copy all rows to the blocks."""
        if not self.is_image:
            np.copyto(joined(blocks), rows)
            return
        start = 0
        for block in map(self.by_rows, blocks):
            block[...] = rows[start : start + len(block)]
            start += len(block)


class Blocks(NamedTuple):
    """A batch, cut; it makes the buffers."""

    spans: Sequence[slice]
    dtype: np.dtype[Any]

    @classmethod
    def cut(cls, rows: int, size: int, dtype: np.dtype[Any]) -> Blocks:
        """Blocks of `size` rows; the last may be smaller."""
        starts = range(0, rows, size)
        return cls([slice(start, min(start + size, rows)) for start in starts], dtype)

    @property
    def rows(self) -> int:
        """Of the batch."""
        return self.spans[-1].stop

    def buffers(self, shape: Shape, dtype: Any = None) -> list[Array]:
        """An uninitialised buffer for each block."""
        dtype = dtype or self.dtype
        if len(shape) == 3:
            height, width, channels = shape
            sizes = [span.stop - span.start for span in self.spans]
            return [empty((height, width, rows, channels), dtype) for rows in sizes]
        buffer = np.empty((self.rows, *shape), dtype)
        return [buffer[span] for span in self.spans]

    def tensor(self, shape: Shape, *, overwritable: bool, learns: bool) -> BlockedTensor:
        """A wire with buffers of its own."""
        values = self.buffers(shape)
        return BlockedTensor(shape, values, self.buffers(shape) if learns else values, overwritable)


class BlockContext(NamedTuple):
    """What a kernel needs to prepare a node."""

    node: Node
    store: ParameterStore
    blocks: Blocks
    training: bool
    input_gradient: bool  # whether anything before the node learns
    reads_input: bool  # whether the node reads the inputs as they are, but for their shape

    @property
    def shape(self) -> Shape:
        """One row of the node's output."""
        return self.node.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of all numbers."""
        return self.blocks.dtype

    @property
    def reference_context(self) -> RuleContext:
        """The reference's view of the node, for all rows at once."""
        fields = self.blocks.rows, self.dtype, self.training, self.input_gradient
        return RuleContext(self.node, self.store, *fields)

    def output(self) -> BlockedTensor:
        """A wire for the node's output that its reader may overwrite."""
        return self.blocks.tensor(self.shape, overwritable=True, learns=self.training)

    def buffers(self, shape: Shape, dtype: Any = None) -> list[Array]:
        """An uninitialised buffer for each block."""
        return self.blocks.buffers(shape, dtype)

    def weight(self, name: str) -> Array:
        """The node's weight, which later updates change in place."""
        return self.store.weight(f"{self.node.name}/{name}")

    def gradient(self, name: str) -> Array:
        """Where the gradient of a weight is written."""
        return self.store.gradients.views[f"{self.node.name}/{name}"]

    def parts(self) -> list[slice]:
        """Where the gradients of the node's weights lie in the flat memory."""
        spans, node = self.store.gradients.spans, self.node
        names = (f"{node.name}/{name}" for name in node.weights)
        return [spans[name] for name in names if name in spans]

    def part(self, name: str) -> slice:
        """Where the gradient of a weight lies in the flat memory."""
        return self.store.gradients.spans[f"{self.node.name}/{name}"]

    def has(self, name: str) -> bool:
        """Whether the node has this weight."""
        return name in self.node.weights


def joined(blocks: Sequence[Array]) -> Array:
    """All rows as one array, of blocks that lie one after the other in one."""
    first, rows = blocks[0], sum(map(len, blocks))
    flat = first if first.base is None else first.base
    return flat.reshape(rows, *first.shape[1:])


def image_rows(block: Array) -> Array:
    """A block as a matrix with few long rows, (height width, rows channels) of images; a view.

    Element-wise functions run along the last axis, so it is made as long as it can be.
    """
    length = prod(block.shape[2:]) if block.ndim == 4 else prod(block.shape[1:])
    return block.reshape(-1, length)


def adding_per_channel(vector: Array, block: Array) -> list[Task]:
    """Steps that add a value a channel to a block of images."""
    rows, tiled = image_rows(block), np.empty(block.shape[2:], block.dtype)
    return [
        partial(np.copyto, tiled, vector),
        partial(np.add, rows, tiled.reshape(-1), out=rows),
    ]


def sum_rows(rows: Array, out: Array) -> None:
    """The sum of (n, channels) over n, as a product: along the first axis it is the fastest."""
    np.matmul(np.ones(len(rows), rows.dtype), rows, out=out)
