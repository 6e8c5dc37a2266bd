"""Winograd convolution with 3 x 3 kernels: up to four times fewer products than im2col.

Each tile of the input is transformed on both axes, each position in the tile is then one matrix
product over channels, and the products are transformed to the outputs. The backward pass consists
of the transposed steps in reverse.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.lib.stride_tricks import as_strided

from nnspec.backends.contract import Array
from nnspec.backends.numpy.fast.blocks import BlockContext, BlockedTensor, bias_tasks, sum_rows
from nnspec.backends.numpy.fast.kernels.winograd_transforms import (
    MAX_TRAINING_ERROR,
    TAPS,
    Tiling,
    cheapest_tiling,
)
from nnspec.backends.numpy.fast.kernels.zero_windows import ZeroWindows
from nnspec.backends.numpy.fast.plan import GradientTask, Kernel, combine_tasks
from nnspec.backends.numpy.fast.threads import Task
from nnspec.backends.numpy.huge_pages import empty, zeros
from nnspec.backends.numpy.windows import Windows, conv_windows


def conv_winograd(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = A' [sum_c (G W G') * (B' x B)] A + b per tile (Lavin and Gray, 2016); db = sum dy.

    Rounding errors of a tile are relative to its largest value. In training they could move a
    value across the kink of a ReLU or change the maximum of a pooling: the forward pass then uses
    tiles with small errors, and only the backward pass, which is linear, the fastest tiles.
    A value that is not finite spoils all outputs of its tiles.
    """
    y, outputs = context.allocate_output(), context.shape[:2]
    accurate, fastest = cheapest_tiling(outputs, MAX_TRAINING_ERROR), cheapest_tiling(outputs)
    forward_blocks = _TiledBlocks(context, x, y, accurate if context.training else fastest)
    forward = [combine_tasks(block.forward()) for block in forward_blocks.blocks]
    if not context.training:
        return Kernel(y, [forward], refresh=[combine_tasks(forward_blocks.kernel.transform())])
    if accurate == fastest:
        backward_blocks = forward_blocks
        backward = [combine_tasks(block.backward()) for block in backward_blocks.blocks]
    else:
        backward_blocks = _TiledBlocks(context, x, y, fastest)
        backward = [
            combine_tasks([*block.input_tasks(), *block.backward()])
            for block in backward_blocks.blocks
        ]
    transposed = backward_blocks.kernel.transform_transposed() if context.input_gradient else ()
    refresh = combine_tasks([*forward_blocks.kernel.transform(), *transposed])
    sum_over_blocks = backward_blocks.kernel.sum_over_blocks
    tasks = [GradientTask(sum_over_blocks, context.gradient_spans(), refresh=refresh)]
    return Kernel(y, [forward], [backward], weight_gradients=tasks)


class _TiledBlocks:
    """All blocks of a batch, in tiles of one size."""

    def __init__(
        self, context: BlockContext, x: BlockedTensor, y: BlockedTensor, axes: Tiling
    ) -> None:
        windows = conv_windows(context.node)
        self.kernel = _TransformedKernel(context, axes)
        arrays = zip(x.values, x.gradients, y.values, y.gradients, strict=True)
        self.blocks = [
            _Block(context, _TiledImage(windows, axes, values, dx), self.kernel, index, out, dy)
            for index, (values, dx, out, dy) in enumerate(arrays)
        ]


class _TransformedKernel:
    """The transformed kernel G W G' (positions, channels, filters), and gradients of W and b."""

    def __init__(self, context: BlockContext, axes: Tiling) -> None:
        self.context, self.axes = context, axes
        self.kernel = context.weight("kernel")
        self.bias = context.weight("bias") if context.has_weight("bias") else None
        *_, channels, filters = self.kernel.shape
        self.vertical, self.horizontal = (axis.matrices(context.dtype).taps for axis in axes)
        positions, blocks = len(self.vertical) * len(self.horizontal), len(context.blocks.spans)
        self.transformed = empty((positions, channels, filters), context.dtype)
        self.transposed = empty((positions, filters, channels), context.dtype)
        self.gradients = np.empty((blocks, *self.kernel.shape), context.dtype)
        self.bias_gradients = np.empty((blocks, filters), context.dtype)

    def transform(self) -> Iterator[Task]:
        """Tasks that compute G W G' from the current weights."""
        yield from _transform_2d(self.vertical, self.kernel, self.horizontal, self.transformed)

    def transform_transposed(self) -> Iterator[Task]:
        """`transform` with filters before channels, which halves the time of BLAS."""
        kernel = np.empty_like(self.kernel.swapaxes(2, 3), order="C")
        yield partial(np.copyto, kernel, self.kernel.swapaxes(2, 3))
        yield from _transform_2d(self.vertical, kernel, self.horizontal, self.transposed)

    def gradient_tasks(self, transformed: Array, index: int) -> Iterator[Task]:
        """Tasks for a block's dW = G' d(G W G') G."""
        yield from _transform_2d(
            self.vertical.T, transformed, self.horizontal.T, self.gradients[index]
        )

    def sum_over_blocks(self) -> None:
        """Sum the blocks' gradients, in the blocks' order."""
        np.add.reduce(self.gradients, axis=0, out=self.context.gradient("kernel"))
        if self.bias is not None:
            np.add.reduce(self.bias_gradients, axis=0, out=self.context.gradient("bias"))


def _transform_2d(left: Array, values: Array, right: Array, out: Array) -> Iterator[Task]:
    """out[i, j, ...] = sum_kl left[i, k] right[j, l] values[k, l, ...]."""
    values = values.reshape(left.shape[1], -1)
    rows = np.empty((len(left), values.shape[1]), values.dtype)
    yield partial(np.matmul, left, values, out=rows)
    columns = rows.reshape(len(left), right.shape[1], -1)
    yield partial(np.matmul, right, columns, out=out.reshape(len(left), len(right), -1))


class _TiledImage:
    """The part of an image block that the tiles cover, with zero padding, and its gradient."""

    def __init__(self, windows: Windows, axes: Tiling, x: Array, dx: Array) -> None:
        pads = [first for first, _ in windows.pads]
        covered_sizes = [axis.inputs for axis in axes]
        spans = [
            max(0, min(size, covered - pad))
            for size, covered, pad in zip(x.shape[:2], covered_sizes, pads, strict=True)
        ]
        self.x, self.dx, self.covers_image = x, dx, spans == [*x.shape[:2]]
        self.covered = tuple(slice(span) for span in spans)
        self.interior = tuple(slice(pad, pad + span) for pad, span in zip(pads, spans, strict=True))
        self.is_view = not any(pads) and spans == covered_sizes
        shape = (*covered_sizes, *x.shape[2:])
        self.values = x[self.covered] if self.is_view else zeros(shape, x.dtype)
        self.gradients = dx[self.covered] if self.is_view else empty(shape, x.dtype)

    def input_tasks(self) -> list[Task]:
        """Tasks that copy the block into the padded image."""
        if self.is_view:
            return []
        return [partial(np.copyto, self.values[self.interior], self.x[self.covered])]

    def gradient_tasks(self) -> list[Task]:
        """Tasks that copy the gradient to the block; it is 0 outside the tiles."""
        if self.is_view:
            vertical, horizontal = (span.stop for span in self.covered)
            rest = self.dx[vertical:], self.dx[:vertical, horizontal:]
            return [partial(part.fill, 0) for part in rest if part.size]
        clear = [] if self.covers_image else [partial(self.dx.fill, 0)]
        return [*clear, partial(np.copyto, self.dx[self.covered], self.gradients[self.interior])]


class _Block:
    """The tiles of one block and the tasks of both passes.

    With (i, j) a position in a tile and (v, h) a tile, `tiles` are (i, j, v, h, rows channels) and
    `products` (i, j, v, h, rows filters). `strips`, of inputs, and `out_strips`, of outputs, are
    transformed vertically only: (i, v, width, rows channels) and (i, v, h, m, rows filters).
    """

    def __init__(
        self,
        context: BlockContext,
        image: _TiledImage,
        kernel: _TransformedKernel,
        index: int,
        y: Array,
        dy: Array,
    ) -> None:
        self.image, self.kernel, self.index, self.y, self.dy = image, kernel, index, y, dy
        self.vertical, self.horizontal = kernel.axes
        self.matrices = tuple(axis.matrices(y.dtype) for axis in kernel.axes)
        self.zero_windows = ZeroWindows(image.values, y, TAPS) if context.training else None
        self.input_gradient = context.input_gradient
        rows, channels = image.values.shape[2:]
        positions = self.vertical.size, self.horizontal.size
        counts = self.vertical.tiles, self.horizontal.tiles
        self.tiles = empty((*positions, *counts, rows * channels), y.dtype)
        self.products = empty((*positions, *counts, rows * y.shape[3]), y.dtype)
        vertical_shape = self.vertical.size, self.vertical.tiles
        self.strips = empty((*vertical_shape, self.horizontal.inputs, rows * channels), y.dtype)
        out = *vertical_shape, self.horizontal.tiles, self.horizontal.m, rows * y.shape[3]
        self.out_strips = empty(out, y.dtype)
        self.kernel_gradient = empty(kernel.transformed.shape, y.dtype) if context.training else y
        self.fits = (self.vertical.outputs, self.horizontal.outputs) == y.shape[:2]
        tiled_shape = (self.vertical.outputs, self.horizontal.outputs, *y.shape[2:])
        self.outputs = y if self.fits else zeros(tiled_shape, y.dtype)

    def input_tasks(self) -> Iterator[Task]:
        """Tasks that transform the input, where the forward pass uses other tiles."""
        yield from self.image.input_tasks()
        yield from self._transform_input()

    def _transform_input(self) -> Iterator[Task]:
        """Tasks for tiles B' x B: vertical, then horizontal."""
        (vertical, horizontal), (rows, columns) = self.matrices, self.kernel.axes
        image = rows.tile_view(_as_lines(self.image.values))
        yield partial(np.matmul, vertical.inputs, image, out=_by_vertical_tile(self.strips))
        tiles = columns.tile_view(self.strips)
        yield partial(np.matmul, horizontal.inputs, tiles, out=_by_horizontal_tile(self.tiles))

    def forward(self) -> Iterator[Task]:
        """Tasks of the forward pass: B' x B, products, A' and A, bias."""
        yield from self.image.input_tasks()
        if self.zero_windows:
            yield self.zero_windows.sum_channels
        yield from self._transform_input()
        (vertical, horizontal), kernel = self.matrices, self.kernel.transformed
        yield partial(np.matmul, self._tile_matrices(), kernel, out=self._product_matrices())
        products = _by_horizontal_tile(self.products)
        yield partial(np.matmul, horizontal.outputs, products, out=self.out_strips)
        outputs = self._by_tile_row(self.outputs)
        yield partial(np.matmul, vertical.outputs, _by_vertical_tile(self.out_strips), out=outputs)
        yield from self._write_output()

    def backward(self) -> Iterator[Task]:
        """Tasks of the backward pass; `tiles` still holds the transformed input."""
        yield from self._transform_output_gradient()
        products, horizontal = _by_horizontal_tile(self.products), self.matrices[1]
        yield partial(np.matmul, horizontal.outputs.T, self.out_strips, out=products)
        tiles, gradients, kernel = self._tile_matrices(), self._product_matrices(), self.kernel
        yield partial(np.matmul, tiles.swapaxes(1, 2), gradients, out=self.kernel_gradient)
        yield from kernel.gradient_tasks(self.kernel_gradient, self.index)
        if self.input_gradient:
            yield partial(np.matmul, gradients, kernel.transposed, out=tiles)
            yield from self._transform_input_gradient()

    def _write_output(self) -> Iterator[Task]:
        """Tasks that crop the outputs, zero those of zero windows, and add the bias."""
        if not self.fits:
            interior = self.outputs[: self.y.shape[0], : self.y.shape[1]]
            yield partial(np.copyto, self.y, interior)
        if self.zero_windows:
            yield self.zero_windows.zero_outputs
        if self.kernel.bias is not None:
            yield from bias_tasks(self.kernel.bias, self.y)

    def _transform_output_gradient(self) -> Iterator[Task]:
        """Tasks for db, and for the vertical transform of dy."""
        dy, kernel = self.dy, self.kernel
        if kernel.bias is not None:
            yield partial(sum_rows, dy.reshape(-1, dy.shape[3]), kernel.bias_gradients[self.index])
        if not self.fits:
            yield partial(_pad_end, dy, self.outputs)
            dy = self.outputs
        strips = _by_vertical_tile(self.out_strips)
        yield partial(np.matmul, self.matrices[0].outputs.T, self._by_tile_row(dy), out=strips)

    def _transform_input_gradient(self) -> Iterator[Task]:
        """Tasks for dx from the gradients of the tiles."""
        vertical, horizontal = (axis_matrices.inputs.T for axis_matrices in self.matrices)
        yield from self.horizontal.sum_tiles_tasks(
            horizontal, _by_horizontal_tile(self.tiles), self.strips
        )
        image = _as_lines(self.image.gradients)
        yield from self.vertical.sum_tiles_tasks(vertical, _by_vertical_tile(self.strips), image)
        yield from self.image.gradient_tasks()

    def _tile_matrices(self) -> Array:
        """The tiles as matrices (positions, tiles rows, channels)."""
        positions, channels, _ = self.kernel.transformed.shape
        return self.tiles.reshape(positions, -1, channels)

    def _product_matrices(self) -> Array:
        """The products as matrices (positions, tiles rows, filters)."""
        positions, _, filters = self.kernel.transformed.shape
        return self.products.reshape(positions, -1, filters)

    def _by_tile_row(self, outputs: Array) -> Array:
        """View of an output image by tile rows: (v, row in tile, all else)."""
        return outputs.reshape(self.vertical.tiles, self.vertical.m, -1)


def _pad_end(image: Array, padded: Array) -> None:
    """Copy the image into a larger one, with zeros at the end of both axes."""
    padded.fill(0)
    padded[: image.shape[0], : image.shape[1]] = image


def _as_lines(image: Array) -> Array:
    """(height, width, rows, channels) as (height, width rows channels); a view."""
    height, width, rows, channels = image.shape
    shape = height, width * rows * channels
    return as_strided(image, shape, (image.strides[0], image.itemsize))


def _by_vertical_tile(strips: Array) -> Array:
    """Strips (i, v, ...) as (v, i, all else); a view."""
    return strips.reshape(*strips.shape[:2], -1).swapaxes(0, 1)


def _by_horizontal_tile(tiles: Array) -> Array:
    """Tiles (i, j, v, h, n) as (i, v, h, j, n); a view."""
    return tiles.transpose(0, 2, 3, 1, 4)
