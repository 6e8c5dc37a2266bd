"""One block of a Winograd convolution: its tiles and the tasks of both passes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.lib.stride_tricks import as_strided

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.blocks import bias_tasks, sum_rows
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.kernels.winograd_image import TiledImage
from nnspec.backends.numpy.fast.kernels.winograd_transforms import TAPS, Tiling
from nnspec.backends.numpy.fast.kernels.winograd_weights import TrainedKernel, TransformedKernel
from nnspec.backends.numpy.fast.kernels.zero_windows import ZeroWindows
from nnspec.backends.numpy.fast.threads import Task
from nnspec.options.types import Shape


class TiledBlock:
    """The tiles of one block and the forward pass.

    With (i, j) a position in a tile and (v, h) a tile, `tiles` are (i, j, v, h, rows channels) and
    `products` (i, j, v, h, rows filters). `strips`, of inputs, and `out_strips`, of outputs, are
    transformed vertically only: (i, v, width, rows channels) and (i, v, h, m, rows filters).
    """

    def __init__(
        self, context: BlockContext, axes: Tiling, image: TiledImage, kernel: TransformedKernel,
        y: Array, tiles: Array | None = None,
    ) -> None:  # fmt: skip
        """`tiles` are memory for the tiles, where they have to be kept."""
        self.image, self.transformed, self.y = image, kernel.transformed, y
        self.bias = context.weight("bias") if context.has_weight("bias") else None
        self.vertical, self.horizontal = self.axes = axes
        self.matrices = tuple(axis.matrices(y.dtype) for axis in axes)
        rows, channels = image.values.shape[2:]
        self.tiles = context.empty(tiles_shape(axes, rows, channels)) if tiles is None else tiles
        self.products = context.empty(tiles_shape(axes, rows, y.shape[3]))
        vertical_shape = self.vertical.size, self.vertical.tiles
        self.strips = context.empty((*vertical_shape, self.horizontal.inputs, rows * channels))
        out = *vertical_shape, self.horizontal.tiles, self.horizontal.m, rows * y.shape[3]
        self.out_strips = context.empty(out)
        self.fits = (self.vertical.outputs, self.horizontal.outputs) == y.shape[:2]
        tiled_shape = (self.vertical.outputs, self.horizontal.outputs, *y.shape[2:])
        self.outputs = y if self.fits else context.empty(tiled_shape)

    def forward(self) -> Iterator[Task]:
        """Tasks of the forward pass: B' x B, products, A' and A, bias."""
        yield from self.image.input_tasks()
        yield from self.transform_input()
        yield from self.transform_products()
        yield from self.crop()
        yield from self.add_bias()

    def transform_input(self) -> Iterator[Task]:
        """Tasks for tiles B' x B: vertical, then horizontal."""
        (vertical, horizontal), (rows, columns) = self.matrices, self.axes
        image = rows.tile_view(as_lines(self.image.values))
        yield partial(np.matmul, vertical.inputs, image, out=by_vertical_tile(self.strips))
        tiles = columns.tile_view(self.strips)
        yield partial(np.matmul, horizontal.inputs, tiles, out=by_horizontal_tile(self.tiles))

    def transform_products(self) -> Iterator[Task]:
        """Tasks for the products, and A' products A: horizontal, then vertical."""
        (vertical, horizontal), kernel = self.matrices, self.transformed
        yield partial(np.matmul, self.tile_matrices(), kernel, out=self.product_matrices())
        products = by_horizontal_tile(self.products)
        yield partial(np.matmul, horizontal.outputs, products, out=self.out_strips)
        outputs = self.by_tile_row(self.outputs)
        yield partial(np.matmul, vertical.outputs, by_vertical_tile(self.out_strips), out=outputs)

    def crop(self) -> Iterator[Task]:
        """Tasks that copy the outputs of the tiles that lie in the image."""
        if not self.fits:
            interior = self.outputs[: self.y.shape[0], : self.y.shape[1]]
            yield partial(np.copyto, self.y, interior)

    def add_bias(self) -> Iterator[Task]:
        """Tasks that add the bias."""
        if self.bias is not None:
            yield from bias_tasks(self.bias, self.y)

    def tile_matrices(self) -> Array:
        """The tiles as matrices (positions, tiles rows, channels)."""
        positions, channels, _ = self.transformed.shape
        return self.tiles.reshape(positions, -1, channels)

    def product_matrices(self) -> Array:
        """The products as matrices (positions, tiles rows, filters)."""
        positions, _, filters = self.transformed.shape
        return self.products.reshape(positions, -1, filters)

    def by_tile_row(self, outputs: Array) -> Array:
        """View of an output image by tile rows: (v, row in tile, all else)."""
        return outputs.reshape(self.vertical.tiles, self.vertical.m, -1)


class TrainedBlock(TiledBlock):
    """`TiledBlock` with the backward pass: the transposed steps in reverse."""

    def __init__(
        self, context: BlockContext, axes: Tiling, image: TiledImage, kernel: TrainedKernel,
        y: Array, dy: Array, index: int, tiles: Array | None,
    ) -> None:  # fmt: skip
        super().__init__(context, axes, image, kernel, y, tiles)
        self.kernel, self.dy, self.index = kernel, dy, index
        self.input_gradient = context.input_gradient
        self.zero_windows = ZeroWindows(image.values, y, TAPS)

    def forward(self) -> Iterator[Task]:
        """`TiledBlock.forward`; the outputs of windows of zeros are exactly the bias."""
        yield from self.image.input_tasks()
        yield self.zero_windows.sum_channels
        yield from self.transform_input()
        yield from self.transform_products()
        yield from self.crop()
        yield self.zero_windows.zero_outputs
        yield from self.add_bias()

    def input_tasks(self) -> Iterator[Task]:
        """Tasks that transform the input, where the forward pass uses other tiles."""
        yield from self.image.input_tasks()
        yield from self.transform_input()

    def backward(self) -> Iterator[Task]:
        """Tasks of the backward pass; `tiles` still holds the transformed input."""
        yield from self._transform_output_gradient()
        products, horizontal = by_horizontal_tile(self.products), self.matrices[1]
        yield partial(np.matmul, horizontal.outputs.T, self.out_strips, out=products)
        tiles, gradients, kernel = self.tile_matrices(), self.product_matrices(), self.kernel
        yield partial(kernel.gradient, tiles, gradients, self.index)
        if self.input_gradient:
            yield partial(np.matmul, gradients, kernel.transposed, out=tiles)
            yield from self._transform_input_gradient()

    def _transform_output_gradient(self) -> Iterator[Task]:
        """Tasks for db, and for the vertical transform of dy."""
        dy, kernel = self.dy, self.kernel
        if self.bias is not None:
            yield partial(sum_rows, dy.reshape(-1, dy.shape[3]), kernel.bias_gradients[self.index])
        if not self.fits:
            yield partial(_pad_end, dy, self.outputs)
            dy = self.outputs
        strips = by_vertical_tile(self.out_strips)
        yield partial(np.matmul, self.matrices[0].outputs.T, self.by_tile_row(dy), out=strips)

    def _transform_input_gradient(self) -> Iterator[Task]:
        """Tasks for dx from the gradients of the tiles."""
        vertical, horizontal = (axis_matrices.inputs.T for axis_matrices in self.matrices)
        yield from self.horizontal.sum_tiles_tasks(
            horizontal, by_horizontal_tile(self.tiles), self.strips
        )
        image = as_lines(self.image.gradients)
        yield from self.vertical.sum_tiles_tasks(vertical, by_vertical_tile(self.strips), image)
        yield from self.image.gradient_tasks()


def tiles_shape(axes: Tiling, rows: int, channels: int) -> Shape:
    """Shape of the tiles of a block: (i, j, v, h, rows channels)."""
    vertical, horizontal = axes
    counts = vertical.tiles, horizontal.tiles
    return (vertical.size, horizontal.size, *counts, rows * channels)


def _pad_end(image: Array, padded: Array) -> None:
    """Copy the image into a larger one, with zeros at the end of both axes."""
    padded.fill(0)
    padded[: image.shape[0], : image.shape[1]] = image


def as_lines(image: Array) -> Array:
    """(height, width, rows, channels) as (height, width rows channels); a view."""
    height, width, rows, channels = image.shape
    shape = height, width * rows * channels
    return as_strided(image, shape, (image.strides[0], image.itemsize))


def by_vertical_tile(strips: Array) -> Array:
    """Strips (i, v, ...) as (v, i, all else); a view."""
    return strips.reshape(*strips.shape[:2], -1).swapaxes(0, 1)


def by_horizontal_tile(tiles: Array) -> Array:
    """Tiles (i, j, v, h, n) as (i, v, h, j, n); a view."""
    return tiles.transpose(0, 2, 3, 1, 4)
