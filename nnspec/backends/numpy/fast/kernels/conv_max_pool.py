"""Convolution of few channels and the largest of each window, strip by strip.

A window of the pooling sees a patch of the image. The values of all patches are gathered once, one
row of `gathered` for each value; a convolution at one place of the window reads some rows of them
that follow each other, with its kernel as wide as the patch, zero where it does not look.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple, cast

import numpy as np
from numpy.lib.stride_tricks import as_strided

from nnspec.backends.contract import Array
from nnspec.backends.numpy.fast.blocks import (
    BlockContext,
    BlockedTensor,
    adding_per_channel,
    sum_rows,
)
from nnspec.backends.numpy.fast.kernels.padding import PaddedImage
from nnspec.backends.numpy.fast.kernels.window_max import WindowMax
from nnspec.backends.numpy.fast.plan import Gradients, Kernel, run_in_order
from nnspec.backends.numpy.fast.rewrites.fuse_conv_pool import ConvMaxPool2D
from nnspec.backends.numpy.fast.threads import Task
from nnspec.backends.numpy.huge_pages import empty
from nnspec.backends.numpy.windows import Windows
from nnspec.options.shapes import Pads
from nnspec.options.types import Shape

STRIP = 1 << 18  # numbers that a strip's convolutions have, about: they stay in cache


def conv_max_pool(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = max over the window of (W * x) + b; dy goes to the first place that holds the largest."""
    y, form = context.output(), Form.of(context)
    arrays = zip(x.values, y.values, y.gradients, strict=True)
    blocks = [
        _Block(context, form, PaddedImage(form.patches, values, values), after, dy)
        for values, after, dy in arrays
    ]
    forward = [run_in_order(block.forward()) for block in blocks]
    if not context.training:
        return Kernel(y, [forward])
    found = _Gradients(context, form)
    parts = zip(blocks, found.partial, found.bias_partial, strict=True)
    backward = [run_in_order(block.backward(*both)) for block, *both in parts]
    return Kernel(y, [forward], [backward], after=[Gradients(found.join, context.parts())])


class Form(NamedTuple):
    """The geometry: a pooling's window over convolutions, each over values of the image."""

    patches: Windows  # what a window of the pooling sees
    pool: Shape
    strides: Shape  # of the convolution
    dilation: Shape
    kernel: Shape  # (height, width, channels, filters)

    @classmethod
    def of(cls, context: BlockContext) -> Form:
        """The form of a node."""
        layer = cast("ConvMaxPool2D", context.node.layer)
        axes = zip(
            layer.pool_size, layer.strides, layer.kernel_size, layer.dilation_rate, strict=True
        )
        size = tuple((p - 1) * s + (k - 1) * d + 1 for p, s, k, d in axes)
        steps = tuple(p * s for p, s in zip(layer.pool_strides, layer.strides, strict=True))
        shapes = context.node.input_shapes[0][:2], context.shape[:2]
        patches = Windows(size, steps, (1, 1), cast("Pads", layer.padding), *shapes)
        kernel = context.node.weights["kernel"].shape
        return cls(patches, layer.pool_size, layer.strides, layer.dilation_rate, kernel)

    @property
    def wide(self) -> Shape:
        """A kernel with the rows between its own, as wide as the patch.

        Its zeros meet values that the kernel does not see, which must be finite.
        """
        height = (self.kernel[0] - 1) * self.dilation[0] + 1
        return (height, self.patches.size[1], *self.kernel[2:])

    @property
    def step(self) -> int:
        """Values of a patch from one place of the window to the one below."""
        return self.strides[0] * self.patches.size[1] * self.kernel[2]

    def taps(self, wide: Array, place: int) -> Array:
        """Where the kernel lies in the wide one for a place in a row of the window; a view."""
        down, across = self.dilation
        start = place * self.strides[1]
        return wide[::down, start : start + (self.kernel[1] - 1) * across + 1 : across]


class _Gradients:
    """The weights' gradients from those of the wide kernels."""

    def __init__(self, context: BlockContext, form: Form) -> None:
        self.context, self.form = context, form
        blocks, filters = len(context.blocks.spans), form.kernel[3]
        self.partial = np.empty((blocks, form.pool[1], *form.wide), context.dtype)
        self.bias_partial = np.empty((blocks, filters), context.dtype)

    def join(self) -> None:
        """The blocks' gradients, added in their order."""
        total = np.add.reduce(self.partial, axis=0)
        of_places = [self.form.taps(values, place) for place, values in enumerate(total)]
        np.add.reduce(of_places, axis=0, out=self.context.gradient("kernel"))
        if self.context.has("bias"):
            np.add.reduce(self.bias_partial, axis=0, out=self.context.gradient("bias"))


class _Block:
    """One block: its patches, (values of a patch, windows), and who wins among their places."""

    def __init__(
        self, context: BlockContext, form: Form, frame: PaddedImage, y: Array, dy: Array
    ) -> None:
        self.context, self.form, self.frame, self.output = context, form, frame, y
        *windows, filters = y.shape
        self.gathered = empty((*form.patches.size, form.kernel[2], *windows), y.dtype)
        self.y, self.dy = y.reshape(-1, filters), dy.reshape(-1, filters)
        self.wide = np.zeros((form.pool[1], *form.wide), y.dtype)
        self.winners = WindowMax(form.pool, self.y.shape, context.training)
        row = windows[1] * windows[2]
        fitting = STRIP // (form.pool[0] * form.pool[1] * filters * row)
        size = row * min(windows[0], max(1, fitting))
        memory = empty((*form.pool, size, filters), y.dtype)
        spans = [slice(at, min(at + size, len(self.y))) for at in range(0, len(self.y), size)]
        self.strips = [_Strip(self, span, memory) for span in spans]

    def forward(self) -> Iterator[Task]:
        """Gather, then strip by strip the convolutions and the largest of each window."""
        seen = self.form.patches.unrolled(self.frame.image).transpose(3, 4, 5, 0, 1, 2)
        yield from self.frame.read()
        yield partial(np.copyto, self.gathered, seen)
        for place, values in enumerate(self.wide):
            taps, kernel = self.form.taps(values, place), self.context.weight("kernel")
            yield partial(np.copyto, taps, kernel)
        for strip in self.strips:
            yield from strip.forward(self.wide.reshape(len(self.wide), -1, self.y.shape[1]))
        if self.context.has("bias"):
            yield from adding_per_channel(self.context.weight("bias"), self.output)
        yield from self.winners.settle()

    def backward(self, kernels: Array, bias: Array) -> Iterator[Task]:
        """The gradients of the wide kernels and of the bias."""
        shape = len(self.strips), self.form.pool[0], *kernels.shape
        parts = np.empty(shape, kernels.dtype)
        for strip, part in zip(self.strips, parts, strict=True):
            yield from strip.backward(part)
        yield partial(np.add.reduce, parts, axis=(0, 1), out=kernels)
        if self.context.has("bias"):
            yield partial(sum_rows, self.dy, bias)


class _Strip:
    """Some of a block's windows; `convolved` is (place down, place across, windows, filters)."""

    def __init__(self, block: _Block, span: slice, memory: Array) -> None:
        form = block.form
        self.span, self.winners = span, block.winners
        self.y, self.dy = block.y[span], block.dy[span]
        self.convolved = memory[:, :, : len(self.y)]
        values = block.gathered.reshape(-1, len(block.y))[:, span]
        taps, (down, along) = int(np.prod(form.wide[:3])), values.strides
        shape = form.pool[0], 1, len(self.y), taps
        self.seen = as_strided(values, shape, (form.step * down, 0, along, down), writeable=False)

    def forward(self, kernels: Array) -> Iterator[Task]:
        """Every place of the windows at once, then the largest."""
        yield partial(np.matmul, self.seen, kernels, out=self.convolved)
        yield from self.winners.find(self.convolved, self.convolved[:, 0], self.y, self.span)

    def backward(self, kernels: Array) -> Iterator[Task]:
        """The gradient of the wide kernels, (places down, places across, taps, filters)."""
        won = self.winners.places[:, :, self.span]
        yield partial(np.multiply, self.dy, won, out=self.convolved)
        out = kernels.reshape(*kernels.shape[:2], -1, kernels.shape[-1])
        yield partial(np.matmul, self.seen.swapaxes(2, 3), self.convolved, out=out)
