"""Convolution of few channels and the largest of each window, strip by strip.

A window of the pooling sees a patch of the image. The values of all patches are gathered once, one
row of `patches` for each value; a convolution at one place of the window reads some rows of them
that follow each other, with its kernel as wide as the patch, zero where it does not look.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np
from numpy.lib.stride_tricks import as_strided

from nnspec.backends.base import Array
from nnspec.backends.numpy.fast.frame import Frame
from nnspec.backends.numpy.fast.merge import PooledConv2D
from nnspec.backends.numpy.fast.schedule import Gradients, Kernel
from nnspec.backends.numpy.fast.wires import Space, Wire, add_per_channel, sum_rows
from nnspec.backends.numpy.windows import Windows
from nnspec.fields import Shape

STRIP = 1 << 18  # numbers that a strip's convolutions have, about: they stay in cache


def pooled(space: Space, x: Wire) -> Kernel:
    """y = max over the window of (W * x) + b; dy goes to the first place that holds the largest."""
    y, form = space.output(), Form.of(space)
    kernels = _Kernels(space, form)
    arrays = zip(x.values, y.values, y.gradients, strict=True)
    blocks = [
        _Block(kernels, Frame(form.patches, values, values), after, dy, number)
        for number, (values, after, dy) in enumerate(arrays)
    ]
    return Kernel(
        y,
        [[block.forward for block in blocks]],
        [[block.backward for block in blocks]],
        after=[Gradients(kernels.join, space.parts())],
    )


class Form(NamedTuple):
    """The geometry: a pooling's window over convolutions, each over values of the image."""

    patches: Windows  # what a window of the pooling sees
    pool: Shape
    strides: Shape  # of the convolution
    dilation: Shape
    kernel: Shape  # (height, width, channels, filters)

    @classmethod
    def of(cls, space: Space) -> Form:
        """The form of a node."""
        layer = cast("PooledConv2D", space.node.layer)
        axes = zip(
            layer.pool_size, layer.strides, layer.kernel_size, layer.dilation_rate, strict=True
        )
        size = tuple((p - 1) * s + (k - 1) * d + 1 for p, s, k, d in axes)
        steps = tuple(p * s for p, s in zip(layer.pool_strides, layer.strides, strict=True))
        shapes = space.node.input_shapes[0][:2], space.shape[:2]
        patches = Windows(size, steps, (1, 1), layer.pads, *shapes)
        kernel = space.node.weights["kernel"].shape
        return cls(patches, layer.pool_size, layer.strides, layer.dilation_rate, kernel)

    @property
    def wide(self) -> Shape:
        """A kernel with the rows between its own, as wide as the patch."""
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


class _Kernels:
    """[W; 0] for each place in a row of the window, and the weights' gradients from theirs."""

    def __init__(self, space: Space, form: Form) -> None:
        self.space, self.form = space, form
        self.bias = space.weight("bias") if space.has("bias") else None
        blocks, filters = len(space.blocks.spans), form.kernel[3]
        taps = int(np.prod(form.wide[:3]))
        self.partial = np.empty((blocks, form.pool[1], taps, filters), space.dtype)
        self.bias_partial = np.empty((blocks, filters), space.dtype)

    def widened(self) -> Array:
        """(places in a row of the window, taps, filters)."""
        wide = np.zeros((self.form.pool[1], *self.form.wide), self.space.dtype)
        for place, values in enumerate(wide):
            self.form.taps(values, place)[...] = self.space.weight("kernel")
        return wide.reshape(self.partial.shape[1:])

    def join(self) -> None:
        """The blocks' gradients, added in their order."""
        total = np.add.reduce(self.partial, axis=0).reshape(self.form.pool[1], *self.form.wide)
        of_places = [self.form.taps(values, place) for place, values in enumerate(total)]
        np.add.reduce(of_places, axis=0, out=self.space.gradient("kernel"))
        if self.bias is not None:
            np.add.reduce(self.bias_partial, axis=0, out=self.space.gradient("bias"))


class _Block:
    """One block: its patches, (values of a patch, windows), and who won, (places, windows, f)."""

    def __init__(self, kernels: _Kernels, frame: Frame, y: Array, dy: Array, number: int) -> None:
        self.kernels, self.frame, form = kernels, frame, kernels.form
        self.patches, self.number, training = form.patches, number, kernels.space.training
        *windows, filters = y.shape
        self.gathered = np.empty((*form.patches.size, form.kernel[2], *windows), y.dtype)
        self.image, self.y, self.dy = y, y.reshape(-1, filters), dy.reshape(-1, filters)
        places = form.pool[0] * form.pool[1]
        self.won = np.empty((places, len(self.y), filters), bool) if training else None
        rows = max(1, STRIP // (places * len(self.y[0]) * windows[1] * windows[2]))
        size = min(rows, windows[0]) * windows[1] * windows[2]
        memory = np.empty((*form.pool, size, filters), y.dtype)
        spans = [slice(at, min(at + size, len(self.y))) for at in range(0, len(self.y), size)]
        self.strips = [_Strip(self, form, span, memory) for span in spans]

    def forward(self) -> None:
        """Gather, then strip by strip the convolutions and the largest of each window."""
        seen = self.patches.unrolled(self.frame.padded())
        np.copyto(self.gathered, seen.transpose(3, 4, 5, 0, 1, 2))
        kernels = self.kernels.widened()
        for strip in self.strips:
            strip.forward(kernels)
        if self.kernels.bias is not None:
            add_per_channel(self.kernels.bias, self.image)
        if self.won is not None:
            _first(self.won)

    def backward(self) -> None:
        """Each strip's part of the gradients."""
        parts = [strip.backward() for strip in self.strips]
        np.add.reduce(parts, axis=(0, 1), out=self.kernels.partial[self.number])
        if self.kernels.bias is not None:
            sum_rows(self.dy, self.kernels.bias_partial[self.number])


class _Strip:
    """Some of a block's windows; `convolved` is (place down, place across, windows, filters)."""

    def __init__(self, block: _Block, form: Form, span: slice, memory: Array) -> None:
        self.y, self.dy = block.y[span], block.dy[span]
        self.convolved = memory[:, :, : len(self.y)]
        self.places = [self.convolved[place] for place in np.ndindex(*form.pool)]
        self.won = None if block.won is None else block.won[:, span]
        self.shares: Array = self.y if self.won is None else self.won.reshape(self.convolved.shape)
        values = block.gathered.reshape(-1, len(block.y))[:, span]
        taps, (down, along) = int(np.prod(form.wide[:3])), values.strides
        shape = form.pool[0], 1, len(self.y), taps
        self.seen = as_strided(values, shape, (form.step * down, 0, along, down), writeable=False)

    def forward(self, kernels: Array) -> None:
        """`won[k]` says where place k exceeds all places before it."""
        np.matmul(self.seen, kernels, out=self.convolved)
        largest = self.places[0]
        for number, values in enumerate(self.places[1:], 1):
            if self.won is not None:
                np.greater(values, largest, out=self.won[number])
            np.maximum(largest, values, out=self.y)
            largest = self.y
        if len(self.places) == 1:
            np.copyto(self.y, largest)

    def backward(self) -> Array:
        """The gradient of the wide kernels, (places down, places across, taps, filters)."""
        np.multiply(self.dy, self.shares, out=self.convolved)
        return np.matmul(self.seen.swapaxes(2, 3), self.convolved)


def _first(won: Array) -> None:
    """From where each place exceeds those before it to where it is the first of the largest."""
    taken = won[0]
    taken.fill(False)
    for beats in won[:0:-1]:
        np.greater(beats, taken, out=beats)
        np.logical_or(beats, taken, out=taken)
    np.logical_not(taken, out=taken)
