"""Winograd convolution with 3 x 3 kernels: up to four times fewer products than im2col.

Each tile of the input is transformed on both axes, each position in the tile is then one matrix
product over channels, and the products are transformed to the outputs. The backward pass consists
of the transposed steps in reverse.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.blocks import BlockedTensor
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.kernels.winograd_block import (
    TiledBlock,
    TrainedBlock,
    tiles_shape,
)
from nnspec.backends.numpy.fast.kernels.winograd_image import TiledImage
from nnspec.backends.numpy.fast.kernels.winograd_transforms import (
    MAX_TRAINING_ERROR,
    AxisTiling,
    Tiling,
    cheapest_tiling,
)
from nnspec.backends.numpy.fast.kernels.winograd_weights import TrainedKernel, shared_kernel
from nnspec.backends.numpy.fast.plan import GradientTask, Kernel, combine_tasks
from nnspec.backends.numpy.fast.threads import Task
from nnspec.backends.numpy.windows import conv_windows
from nnspec.options.types import Shape

STRIP_SIZE = 1 << 20  # numbers, about, of the products of the tiles that are computed at once


def conv_winograd(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = A' [sum_c (G W G') * (B' x B)] A + b per tile (Lavin and Gray, 2016); db = sum dy.

    Rounding errors of a tile are relative to its largest value. In training they could move a
    value across the kink of a ReLU or change the maximum of a pooling: the forward pass then uses
    tiles with small errors, and only the backward pass, which is linear, the fastest tiles.
    A value that is not finite spoils all outputs of its tiles.
    """
    return (_trained if context.training else _predicted)(context, x)


def _predicted(context: BlockContext, x: BlockedTensor) -> Kernel:
    """The forward pass alone, strip by strip of tile rows: what a strip needs stays in cache."""
    y = context.allocate_output()
    pairs = zip(x.values, y.values, strict=True)
    return Kernel(y, [[combine_tasks(_strip_tasks(context, *pair)) for pair in pairs]])


def _strip_tasks(context: BlockContext, x: Array, y: Array) -> Iterator[Task]:
    """Tasks of all strips of a block, each a convolution of its own in the same memory."""
    tiling, (top, left) = cheapest_tiling(y.shape[:2]), _first_pads(context)
    kernel, (down, across) = shared_kernel(context, tiling), tiling
    for first, count in _strips(tiling, y.shape[2] * max(x.shape[3], y.shape[3])):
        axes, start = (AxisTiling(down.m, count), across), first * down.m
        above = max(0, top - start)  # rows of padding
        inputs = x[max(0, start - top) : start + axes[0].inputs - top]
        outputs = y[start : start + axes[0].outputs]
        with context.temporary(0):
            image = TiledImage(context, (above, left), axes, inputs, inputs)
            yield from TiledBlock(context, axes, image, kernel, outputs).forward()


def _strips(tiling: Tiling, numbers: int) -> Iterator[tuple[int, int]]:
    """First tile row of each strip, and their count, for so many numbers per position of a tile."""
    down, across = tiling
    row_size = down.size * across.products * numbers
    strips = -(-down.tiles // max(1, STRIP_SIZE // row_size))
    count = -(-down.tiles // strips)
    return ((i, min(count, down.tiles - i)) for i in range(0, down.tiles, count))


def _trained(context: BlockContext, x: BlockedTensor) -> Kernel:
    y, outputs = context.allocate_output(), context.shape[:2]
    accurate, fastest = cheapest_tiling(outputs, MAX_TRAINING_ERROR), cheapest_tiling(outputs)
    if accurate == fastest:
        tiles = [context.empty(tiles_shape(accurate, *block.shape[2:])) for block in x.values]
        forward_blocks = backward_blocks = _TrainedBlocks(context, x, y, accurate, tiles)
        backward = [combine_tasks(block.backward()) for block in backward_blocks.blocks]
    else:
        forward_blocks, backward_blocks = (
            _TrainedBlocks(context, x, y, axes, [None] * len(x.values))
            for axes in (accurate, fastest)
        )
        backward = [
            combine_tasks([*block.input_tasks(), *block.backward()])
            for block in backward_blocks.blocks
        ]
    forward = [combine_tasks(block.forward()) for block in forward_blocks.blocks]
    transposed = [backward_blocks.kernel.refresh_transposed] if context.input_gradient else []
    refresh = combine_tasks([forward_blocks.kernel.refresh, *transposed])
    sum_over_blocks = backward_blocks.kernel.sum_over_blocks
    tasks = [GradientTask(sum_over_blocks, context.gradient_spans(), refresh=refresh)]
    return Kernel(y, [forward], [backward], weight_gradients=tasks)


class _TrainedBlocks:
    """All blocks of a batch, in tiles of one size, which are kept where `tiles` has memory."""

    def __init__(
        self, context: BlockContext, x: BlockedTensor, y: BlockedTensor, axes: Tiling,
        tiles: Sequence[Array | None],
    ) -> None:  # fmt: skip
        self.context, self.axes, self.kernel = context, axes, TrainedKernel(context, axes)
        arrays = zip(x.values, x.gradients, y.values, y.gradients, tiles, strict=True)
        self.blocks = [self._block(index, *of) for index, of in enumerate(arrays)]

    def _block(
        self, index: int, x: Array, dx: Array, y: Array, dy: Array, tiles: Array | None
    ) -> TrainedBlock:
        context, axes = self.context, self.axes
        with context.temporary(index):
            image = TiledImage(context, _first_pads(context), axes, x, dx)
            return TrainedBlock(context, axes, image, self.kernel, y, dy, index, tiles)


def _first_pads(context: BlockContext) -> Shape:
    """Padding above and to the left of the image."""
    return tuple(first for first, _ in conv_windows(context.node).pads)
