"""Convolution by kernels of 3 x 3 in Winograd's tiles: up to four times fewer products.

Each tile of the input is transformed on both axes, every place in the tile is then one matrix
product over channels, and the products are transformed to the outputs. The way back is the
transpose of each step.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.lib.stride_tricks import as_strided

from nnspec.backends.contract import Array
from nnspec.backends.numpy.fast.blocks import (
    BlockContext,
    BlockedTensor,
    adding_per_channel,
    sum_rows,
)
from nnspec.backends.numpy.fast.kernels.winograd_transforms import STEADY, TAPS, Axis, covering
from nnspec.backends.numpy.fast.kernels.zero_windows import ZeroWindows
from nnspec.backends.numpy.fast.plan import Gradients, Kernel, run_in_order
from nnspec.backends.numpy.fast.threads import Task
from nnspec.backends.numpy.huge_pages import empty, zeros
from nnspec.backends.numpy.windows import Windows, conv_windows


def conv_winograd(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = A' [sum_c (G W G') * (B' x B)] A + b, tile by tile, and its transpose.

    Tiles mix neighbours, so that rounding errors are those of the largest among them. In training
    they could push a number across the kink of a ReLU, or another place to win a pooling: there
    the way forward takes tiles with small errors, and only the way back, which is linear, any.
    A number that is not finite spoils all outputs of its tiles.
    """
    y, outputs = context.output(), context.shape[:2]
    steady, cheap = covering(outputs, STEADY), covering(outputs)
    ahead = _Tiling(context, x, y, steady if context.training else cheap)
    forward = [run_in_order(block.forward()) for block in ahead.blocks]
    if not context.training:
        return Kernel(y, [forward], fresh=[run_in_order(ahead.filters.transform())])
    if steady == cheap:
        back = ahead
        backward = [run_in_order(block.backward()) for block in back.blocks]
    else:
        back = _Tiling(context, x, y, cheap)
        backward = [run_in_order([*block.read(), *block.backward()]) for block in back.blocks]
    turn = back.filters.turn() if context.input_gradient else ()
    renewal = run_in_order([*ahead.filters.transform(), *turn])
    after = [Gradients(back.filters.join, context.parts(), renewal=renewal)]
    return Kernel(y, [forward], [backward], after=after)


class _Tiling:
    """All blocks in tiles of the same size."""

    def __init__(
        self, context: BlockContext, x: BlockedTensor, y: BlockedTensor, axes: tuple[Axis, Axis]
    ) -> None:
        windows = conv_windows(context.node)
        self.filters = _Filters(context, axes)
        arrays = zip(x.values, x.gradients, y.values, y.gradients, strict=True)
        self.blocks = [
            _Block(context, _Image(windows, axes, values, dx), self.filters, number, after, dy)
            for number, (values, dx, after, dy) in enumerate(arrays)
        ]


class _Filters:
    """G W G' for all blocks, and the weights' gradients from theirs."""

    def __init__(self, context: BlockContext, axes: tuple[Axis, Axis]) -> None:
        self.context, self.axes = context, axes
        self.kernel = context.weight("kernel")
        self.bias = context.weight("bias") if context.has("bias") else None
        *_, channels, filters = self.kernel.shape
        self.down, self.across = (axis.matrices(context.dtype).taps for axis in axes)
        places, blocks = len(self.down) * len(self.across), len(context.blocks.spans)
        self.transformed = empty((places, channels, filters), context.dtype)
        self.turned = empty((places, filters, channels), context.dtype)
        self.gradients = np.empty((blocks, *self.kernel.shape), context.dtype)
        self.bias_gradients = np.empty((blocks, filters), context.dtype)

    def transform(self) -> Iterator[Task]:
        """Follow the weights."""
        yield from _both_ways(self.down, self.kernel, self.across, self.transformed)

    def turn(self) -> Iterator[Task]:
        """The same with filters before channels: BLAS takes half of the time for them so."""
        kernel = np.empty_like(self.kernel.swapaxes(2, 3), order="C")
        yield partial(np.copyto, kernel, self.kernel.swapaxes(2, 3))
        yield from _both_ways(self.down, kernel, self.across, self.turned)

    def back(self, transformed: Array, number: int) -> Iterator[Task]:
        """A block's gradient."""
        yield from _both_ways(self.down.T, transformed, self.across.T, self.gradients[number])

    def join(self) -> None:
        """The blocks' gradients, added in their order."""
        np.add.reduce(self.gradients, axis=0, out=self.context.gradient("kernel"))
        if self.bias is not None:
            np.add.reduce(self.bias_gradients, axis=0, out=self.context.gradient("bias"))


def _both_ways(down: Array, values: Array, across: Array, out: Array) -> Iterator[Task]:
    """out[i, j] = sum_kl down[i, k] across[j, l] values[k, l], whatever the axes behind."""
    values = values.reshape(down.shape[1], -1)
    rows = np.empty((len(down), values.shape[1]), values.dtype)
    yield partial(np.matmul, down, values, out=rows)
    columns = rows.reshape(len(down), across.shape[1], -1)
    yield partial(np.matmul, across, columns, out=out.reshape(len(down), len(across), -1))


class _Image:
    """What the tiles cover of a block of images: rows and columns of it, and zeros around."""

    def __init__(self, windows: Windows, axes: tuple[Axis, Axis], x: Array, dx: Array) -> None:
        pads = [first for first, _ in windows.pads]
        covered = [axis.inputs for axis in axes]
        spans = [
            max(0, min(size, cover - pad))
            for size, cover, pad in zip(x.shape[:2], covered, pads, strict=True)
        ]
        self.x, self.dx, self.whole = x, dx, spans == [*x.shape[:2]]
        self.seen = tuple(slice(span) for span in spans)
        self.inside = tuple(slice(pad, pad + span) for pad, span in zip(pads, spans, strict=True))
        self.direct = not any(pads) and spans == covered
        shape = (*covered, *x.shape[2:])
        self.values = x[self.seen] if self.direct else zeros(shape, x.dtype)
        self.gradients = dx[self.seen] if self.direct else empty(shape, x.dtype)

    def read(self) -> list[Task]:
        """Follow the block's values."""
        if self.direct:
            return []
        return [partial(np.copyto, self.values[self.inside], self.x[self.seen])]

    def write(self) -> list[Task]:
        """Hand on the block's gradients; what no tile covers has none."""
        if self.direct:
            down, across = (span.stop for span in self.seen)
            rest = self.dx[down:], self.dx[:down, across:]
            return [partial(part.fill, 0) for part in rest if part.size]
        clear = [] if self.whole else [partial(self.dx.fill, 0)]
        return [*clear, partial(np.copyto, self.dx[self.seen], self.gradients[self.inside])]


class _Block:
    """The tiles of one block, on their way through.

    `tiles` and `products` are (place down, place across, tile down, tile across, rows channels),
    `strips`, transformed down only, are (place, tile down, width, rows channels).
    """

    def __init__(
        self,
        context: BlockContext,
        image: _Image,
        filters: _Filters,
        number: int,
        y: Array,
        dy: Array,
    ) -> None:
        self.image, self.filters, self.number, self.y, self.dy = image, filters, number, y, dy
        self.down, self.across = filters.axes
        self.ways = tuple(axis.matrices(y.dtype) for axis in filters.axes)
        self.blank = ZeroWindows(image.values, y, TAPS) if context.training else None
        self.learns = context.input_gradient
        rows, channels = image.values.shape[2:]
        places, counts = (self.down.size, self.across.size), (self.down.tiles, self.across.tiles)
        self.tiles = empty((*places, *counts, rows * channels), y.dtype)
        self.products = empty((*places, *counts, rows * y.shape[3]), y.dtype)
        ends = self.down.size, self.down.tiles
        self.strips = empty((*ends, self.across.inputs, rows * channels), y.dtype)
        out = *ends, self.across.tiles, self.across.m, rows * y.shape[3]
        self.out_strips = empty(out, y.dtype)
        self.found = empty(filters.transformed.shape, y.dtype) if context.training else y
        self.exact = (self.down.outputs, self.across.outputs) == y.shape[:2]
        whole = (self.down.outputs, self.across.outputs, *y.shape[2:])
        self.outputs = y if self.exact else zeros(whole, y.dtype)

    def read(self) -> Iterator[Task]:
        """The image's tiles alone, where the way forward has others."""
        yield from self.image.read()
        yield from self._cut()

    def _cut(self) -> Iterator[Task]:
        """Into tiles: down, across."""
        (down, across), (rows, columns) = self.ways, self.filters.axes
        image = rows.seen(_lines(self.image.values))
        yield partial(np.matmul, down.inputs, image, out=_standing(self.strips))
        seen = columns.seen(self.strips)
        yield partial(np.matmul, across.inputs, seen, out=_of_tiles(self.tiles))

    def forward(self) -> Iterator[Task]:
        """Tiles, products, across, down."""
        yield from self.image.read()
        if self.blank:
            yield self.blank.look
        yield from self._cut()
        (down, across), filters = self.ways, self.filters.transformed
        yield partial(np.matmul, self._tiles(), filters, out=self._products())
        products = _of_tiles(self.products)
        yield partial(np.matmul, across.outputs, products, out=self.out_strips)
        outputs = self._rows(self.outputs)
        yield partial(np.matmul, down.outputs, _standing(self.out_strips), out=outputs)
        yield from self._finish()

    def backward(self) -> Iterator[Task]:
        """The transposed steps in reverse, with the inputs' tiles as they are."""
        yield from self._receive()
        products, across = _of_tiles(self.products), self.ways[1]
        yield partial(np.matmul, across.outputs.T, self.out_strips, out=products)
        tiles, gradients, filters = self._tiles(), self._products(), self.filters
        yield partial(np.matmul, tiles.swapaxes(1, 2), gradients, out=self.found)
        yield from filters.back(self.found, self.number)
        if self.learns:
            yield partial(np.matmul, gradients, filters.turned, out=tiles)
            yield from self._hand_on()

    def _finish(self) -> Iterator[Task]:
        """What the tiles leave to do for the outputs."""
        if not self.exact:
            inside = self.outputs[: self.y.shape[0], : self.y.shape[1]]
            yield partial(np.copyto, self.y, inside)
        if self.blank:
            yield self.blank.clear
        if self.filters.bias is not None:
            yield from adding_per_channel(self.filters.bias, self.y)

    def _receive(self) -> Iterator[Task]:
        """The outputs' gradients, transformed down."""
        dy, filters = self.dy, self.filters
        if filters.bias is not None:
            yield partial(
                sum_rows, dy.reshape(-1, dy.shape[3]), filters.bias_gradients[self.number]
            )
        if not self.exact:
            yield partial(_frame, dy, self.outputs)
            dy = self.outputs
        strips = _standing(self.out_strips)
        yield partial(np.matmul, self.ways[0].outputs.T, self._rows(dy), out=strips)

    def _hand_on(self) -> Iterator[Task]:
        """From the tiles' gradients to the image's."""
        down, across = (way.inputs.T for way in self.ways)
        yield from self.across.summed(across, _of_tiles(self.tiles), self.strips)
        image = _lines(self.image.gradients)
        yield from self.down.summed(down, _standing(self.strips), image)
        yield from self.image.write()

    def _tiles(self) -> Array:
        """The tiles (places, tiles rows, channels)."""
        places, channels, _ = self.filters.transformed.shape
        return self.tiles.reshape(places, -1, channels)

    def _products(self) -> Array:
        """The products (places, tiles rows, filters)."""
        places, _, filters = self.filters.transformed.shape
        return self.products.reshape(places, -1, filters)

    def _rows(self, outputs: Array) -> Array:
        """An image of outputs by rows of tiles: (tile down, row of a tile, ...)."""
        return outputs.reshape(self.down.tiles, self.down.m, -1)


def _frame(image: Array, framed: Array) -> None:
    """The image with zeros behind it."""
    framed.fill(0)
    framed[: image.shape[0], : image.shape[1]] = image


def _lines(image: Array) -> Array:
    """(height, width, rows, channels) as (height, width rows channels), a view."""
    height, width, rows, channels = image.shape
    shape = height, width * rows * channels
    return as_strided(image, shape, (image.strides[0], image.itemsize))


def _standing(strips: Array) -> Array:
    """Strips by rows of tiles: (tile down, place, all else)."""
    return strips.reshape(*strips.shape[:2], -1).swapaxes(0, 1)


def _of_tiles(tiles: Array) -> Array:
    """By tiles across: (place down, tile down, tile across, place across, rows channels)."""
    return tiles.transpose(0, 2, 3, 1, 4)
