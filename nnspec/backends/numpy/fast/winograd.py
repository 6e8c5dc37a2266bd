"""Convolution by kernels of 3 x 3 in Winograd's tiles: two to four times fewer products.

Each tile of the input is transformed on both axes, every place in the tile is then one matrix
product over channels, and the products are transformed to the outputs. The way back is the
transpose of each step.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from nnspec.backends.base import Array
from nnspec.backends.numpy.fast.blank import clear_blank
from nnspec.backends.numpy.fast.crew import Task
from nnspec.backends.numpy.fast.schedule import Gradients, Kernel, in_order
from nnspec.backends.numpy.fast.tiles import TAPS, Axis
from nnspec.backends.numpy.fast.wires import Space, Wire, adding_per_channel, sum_rows
from nnspec.backends.numpy.windows import Windows, conv_windows


def winograd(space: Space, x: Wire) -> Kernel:
    """y = A' [sum_c (G W G') * (B' x B)] A + b, tile by tile, and its transpose.

    Tiles mix neighbours, so that rounding errors are those of the largest among them.
    """
    y, windows = space.output(), conv_windows(space.node)
    axes = Axis.covering(windows.output[0]), Axis.covering(windows.output[1])
    filters = _Filters(space, axes)
    blocks = [
        _Block(space, _Image(windows, axes, values, dx), filters, number, after, dy)
        for number, (values, dx, after, dy) in enumerate(
            zip(x.values, x.gradients, y.values, y.gradients, strict=True)
        )
    ]
    return Kernel(
        y,
        [[in_order(block.forward()) for block in blocks]],
        [[in_order(block.backward()) for block in blocks]] if space.training else [],
        [filters.transform, *([filters.turn] if space.training and space.input_gradient else [])],
        [Gradients(filters.join, space.parts())],
    )


class _Filters:
    """G W G' for all blocks, and the weights' gradients from theirs."""

    def __init__(self, space: Space, axes: tuple[Axis, Axis]) -> None:
        self.space, self.axes = space, axes
        self.kernel = space.weight("kernel")
        self.bias = space.weight("bias") if space.has("bias") else None
        *_, channels, filters = self.kernel.shape
        down, across = (axis.matrices(space.dtype).taps for axis in axes)
        self.matrix = np.kron(down, across)  # (places of a tile, 9)
        self.transformed = np.empty((len(self.matrix), channels, filters), space.dtype)
        self.turned = np.empty((len(self.matrix), filters, channels), space.dtype)
        blocks = len(space.blocks.spans)
        self.joining = np.tile(self.matrix.T, (1, blocks))
        self.partial = np.empty((blocks, *self.transformed.shape), space.dtype)
        self.bias_partial = np.empty((blocks, filters), space.dtype)

    def transform(self) -> None:
        """Follow the weights."""
        _product(self.matrix, self.kernel, self.transformed)

    def turn(self) -> None:
        """The same with filters before channels: BLAS takes half of the time for them so."""
        _product(self.matrix, self.kernel.swapaxes(2, 3), self.turned)

    def join(self) -> None:
        """The blocks' gradients, added in their order and transformed back."""
        gradient = self.space.gradient("kernel").reshape(TAPS * TAPS, -1)
        np.matmul(self.joining, self.partial.reshape(self.joining.shape[1], -1), out=gradient)
        if self.bias is not None:
            np.add.reduce(self.bias_partial, axis=0, out=self.space.gradient("bias"))


def _product(matrix: Array, kernel: Array, out: Array) -> None:
    np.matmul(matrix, kernel.reshape(TAPS * TAPS, -1), out=out.reshape(len(matrix), -1))


class _Image:
    """What the tiles cover of a block of images: rows and columns of it, and zeros around."""

    def __init__(self, windows: Windows, axes: tuple[Axis, Axis], x: Array, dx: Array) -> None:
        pads = [first for first, _ in windows.pads]
        covered = [axis.inputs for axis in axes]
        spans = [
            min(size, cover - pad)
            for size, cover, pad in zip(x.shape[:2], covered, pads, strict=True)
        ]
        self.x, self.dx, self.whole = x, dx, spans == [*x.shape[:2]]
        self.seen = tuple(slice(span) for span in spans)
        self.inside = tuple(slice(pad, pad + span) for pad, span in zip(pads, spans, strict=True))
        self.direct = not any(pads) and spans[0] == covered[0] and spans[1] == covered[1]
        shape = (covered[0], x.shape[1] if self.direct else covered[1], *x.shape[2:])
        self.values = x[: covered[0]] if self.direct else np.zeros(shape, x.dtype)
        self.gradients = dx[: covered[0]] if self.direct else np.empty(shape, x.dtype)

    def read(self) -> None:
        """Follow the block's values."""
        if not self.direct:
            self.values[self.inside] = self.x[self.seen]

    def write(self) -> None:
        """Hand on the block's gradients; what no tile covers has none."""
        if self.direct:
            self.dx[len(self.gradients) :] = 0
            return
        if not self.whole:
            self.dx.fill(0)
        self.dx[self.seen] = self.gradients[self.inside]


class _Block:
    """The tiles of one block, on their way through.

    `tiles` and `products` are (place down, place across, tile down, tile across, rows, channels),
    `strips`, transformed down only, are (place, tile down, width, rows channels).
    """

    def __init__(
        self, space: Space, image: _Image, filters: _Filters, number: int, y: Array, dy: Array
    ) -> None:
        self.image, self.filters, self.number, self.y, self.dy = image, filters, number, y, dy
        self.down, self.across = filters.axes
        self.stretched = self.down.stretched(y.dtype)
        self.ways = tuple(axis.matrices(y.dtype) for axis in filters.axes)
        self.training, self.learns = space.training, space.input_gradient
        rows, channels = image.values.shape[2:]
        places, counts = (self.down.size, self.across.size), (self.down.tiles, self.across.tiles)
        self.tiles = np.empty((*places, *counts, rows * channels), y.dtype)
        self.products = np.empty((*places, *counts, rows * y.shape[3]), y.dtype)
        ends = self.down.size, self.down.tiles
        self.strips = np.empty((*ends, image.values.shape[1], rows * channels), y.dtype)
        self.out_strips = np.empty((*ends, self.across.outputs, rows * y.shape[3]), y.dtype)
        self.exact = (self.down.outputs, self.across.outputs) == y.shape[:2]
        whole = (self.down.outputs, self.across.outputs, *y.shape[2:])
        self.outputs = y if self.exact else np.zeros(whole, y.dtype)

    def forward(self) -> Iterator[Task]:
        """Down, across, products, across, down."""
        yield self.image.read
        source = self.image.values.reshape(len(self.image.values), -1)
        yield partial(np.matmul, self.stretched, source, out=self._stretched())
        for tile, inputs, _ in self._across():
            seen, tiles = self.strips[:, :, inputs], _of(self.tiles, tile)
            yield partial(np.matmul, self.ways[1].inputs, seen, out=tiles)
        filters = self.filters.transformed
        yield partial(np.matmul, self._tiles(), filters, out=self._products())
        for tile, _, outputs in self._across():
            strip, products = self.out_strips[:, :, outputs], _of(self.products, tile)
            yield partial(np.matmul, self.ways[1].outputs, products, out=strip)
        rows = self._rows(self.outputs)
        yield partial(np.matmul, self.ways[0].outputs, self._standing(), out=rows)
        yield from self._finish()

    def backward(self) -> Iterator[Task]:
        """The transposed steps in reverse, with the inputs' tiles as they are."""
        yield from self._receive()
        for tile, _, outputs in self._across():
            strip, products = self.out_strips[:, :, outputs], _of(self.products, tile)
            yield partial(np.matmul, self.ways[1].outputs.T, strip, out=products)
        tiles, gradients, filters = self._tiles(), self._products(), self.filters
        yield partial(np.matmul, tiles.swapaxes(1, 2), gradients, out=filters.partial[self.number])
        if self.learns:
            yield partial(np.matmul, gradients, filters.turned, out=tiles)
            yield from self._hand_on()

    def _finish(self) -> Iterator[Task]:
        """What the tiles leave to do for the outputs."""
        if not self.exact:
            inside = self.outputs[: self.y.shape[0], : self.y.shape[1]]
            yield partial(np.copyto, self.y, inside)
        if self.training:
            yield partial(clear_blank, self.y, self.image.values, TAPS)
        if self.filters.bias is not None:
            yield from adding_per_channel(self.filters.bias, self.y)

    def _receive(self) -> Iterator[Task]:
        """The outputs' gradients, transformed down."""
        dy, filters = self.dy, self.filters
        if filters.bias is not None:
            yield partial(sum_rows, dy.reshape(-1, dy.shape[3]), filters.bias_partial[self.number])
        if not self.exact:
            yield partial(_frame, dy, self.outputs)
            dy = self.outputs
        yield partial(np.matmul, self.ways[0].outputs.T, self._rows(dy), out=self._standing())

    def _hand_on(self) -> Iterator[Task]:
        """From the tiles' gradients to the image's: where tiles overlap, they are added."""
        yield partial(self.strips.fill, 0)
        share = np.empty_like(self.strips[:, :, : self.across.size])
        for tile, inputs, _ in self._across():
            strip, tiles = self.strips[:, :, inputs], _of(self.tiles, tile)
            yield partial(np.matmul, self.ways[1].inputs.T, tiles, out=share)
            yield partial(np.add, strip, share, out=strip)
        target = self.image.gradients.reshape(len(self.image.gradients), -1)
        yield partial(np.matmul, self.stretched.T, self._stretched(), out=target)
        yield self.image.write

    def _across(self) -> list[tuple[int, slice, slice]]:
        """Each tile of a row of tiles, and the columns that it reads and writes."""
        m, size = self.across.m, self.across.size
        starts = [(tile, tile * m) for tile in range(self.across.tiles)]
        return [(tile, slice(at, at + size), slice(at, at + m)) for tile, at in starts]

    def _stretched(self) -> Array:
        """The strips (places tiles down, width rows channels)."""
        return self.strips.reshape(len(self.stretched), -1)

    def _tiles(self) -> Array:
        """The tiles (places, tiles rows, channels)."""
        places, channels, _ = self.filters.transformed.shape
        return self.tiles.reshape(places, -1, channels)

    def _products(self) -> Array:
        """The products (places, tiles rows, filters)."""
        places, _, filters = self.filters.transformed.shape
        return self.products.reshape(places, -1, filters)

    def _standing(self) -> Array:
        """The outputs' strips by rows of tiles: (tile down, place, width rows filters)."""
        return self.out_strips.reshape(self.down.size, self.down.tiles, -1).transpose(1, 0, 2)

    def _rows(self, outputs: Array) -> Array:
        """An image of outputs by rows of tiles: (tile down, row of a tile, ...)."""
        return outputs.reshape(self.down.tiles, self.down.m, -1)


def _frame(image: Array, framed: Array) -> None:
    """The image with zeros behind it."""
    framed.fill(0)
    framed[: image.shape[0], : image.shape[1]] = image


def _of(tiles: Array, tile: int) -> Array:
    """Those of one column of tiles, (place down, tile down, place across, ...)."""
    return tiles[:, :, :, tile].transpose(0, 2, 1, 3)
