"""Kernel of the enlargement of images (height, width, rows, channels)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.interpolation import linear_interpolation
from nnspec.backends.numpy.fast.blocks import BlockedTensor
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.plan import Kernel, combine_tasks
from nnspec.backends.numpy.fast.threads import Task
from nnspec.components.layers.resampling import UpSampling


def up_sampling2d(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = x repeated, or interpolated, along both axes."""
    y, layer = context.allocate_output(), context.node.layer
    assert isinstance(layer, UpSampling)  # noqa: S101
    sampling = (_Bilinear if layer.interpolation == "bilinear" else _Nearest)(context, layer)
    pairs = zip(x.values, y.values, strict=True)
    forward = [combine_tasks(sampling.forward(*pair)) for pair in pairs]
    if not context.input_gradient:
        return Kernel(y, [forward])
    pairs = zip(x.gradients, y.gradients, strict=True)
    return Kernel(y, [forward], [[combine_tasks(sampling.backward(*pair)) for pair in pairs]])


class _Nearest:
    """y[i, j] = x[i // s, j // s]; dx = the sum of dy over the copies of a value."""

    def __init__(self, _: BlockContext, layer: UpSampling) -> None:
        self.size = layer.size

    def forward(self, x: Array, y: Array) -> Iterator[Task]:
        yield partial(np.copyto, self._copies(x, y), x[:, None, :, None])

    def backward(self, dx: Array, dy: Array) -> Iterator[Task]:
        copies = self._copies(dx, dy)
        first, *others = (copies[:, i, :, j] for i, j in product(*map(range, self.size)))
        yield partial(np.copyto, dx, first)
        for other in others:
            yield partial(np.add, dx, other, out=dx)

    def _copies(self, x: Array, y: Array) -> Array:
        """View (height, s, width, s, rows, channels) of y."""
        (height, width, *rest), (down, across) = x.shape, self.size
        return y.reshape(height, down, width, across, *rest)


class _Bilinear:
    """y = A x B' for each channel, with the matrices of both axes; dx = A' dy B."""

    def __init__(self, context: BlockContext, layer: UpSampling) -> None:
        self.context = context
        self.down, self.across = (
            linear_interpolation(size, factor).astype(context.dtype)
            for size, factor in zip(context.node.input_shapes[0], layer.size, strict=False)
        )

    def forward(self, x: Array, y: Array) -> Iterator[Task]:
        rows = self.context.empty((len(y), *x.shape[1:]))
        yield partial(np.matmul, self.down, x.reshape(len(x), -1), out=rows.reshape(len(y), -1))
        yield partial(np.matmul, self.across, _by_row(rows), out=_by_row(y))

    def backward(self, dx: Array, dy: Array) -> Iterator[Task]:
        rows = self.context.empty((len(dy), *dx.shape[1:]))
        yield partial(np.matmul, self.across.T, _by_row(dy), out=_by_row(rows))
        by_place = rows.reshape(len(dy), -1)
        yield partial(np.matmul, self.down.T, by_place, out=dx.reshape(len(dx), -1))


def _by_row(image: Array) -> Array:
    """(height, width, rows channels); a view."""
    return image.reshape(*image.shape[:2], -1)
