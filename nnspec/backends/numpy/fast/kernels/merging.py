"""Kernels of sums, products and concatenations of values, block by block in any layout."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import cast

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.blocks import BlockedTensor, as_wide_matrix
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.plan import Kernel, combine_tasks
from nnspec.backends.numpy.fast.scratch import scratch
from nnspec.backends.numpy.fast.threads import Task
from nnspec.components.layers.merging import Concatenate


def add(context: BlockContext, *inputs: BlockedTensor) -> Kernel:
    """y = x_1 + x_2 + ... of one shape, over x_1 if it may be overwritten; dx_i = dy.

    dy is dx_1 where that is needed, and copied for the others.
    """
    first, others = inputs[0], inputs[1:]
    values = first.values if first.overwritable else context.like_buffers(first)
    y = context.share_gradient(first._replace(values=values, overwritable=True))
    blocks = range(len(values))
    forward = [combine_tasks(_sum_tasks([x.values[i] for x in inputs], values[i])) for i in blocks]
    copied = [
        x.gradients for x, need in zip(others, context.input_gradients[1:], strict=True) if need
    ]
    if not context.training or not copied:
        return Kernel(y, [forward])
    pairs = [[(gradients[i], y.gradients[i]) for gradients in copied] for i in blocks]
    backward = [combine_tasks(partial(np.copyto, *pair) for pair in of) for of in pairs]
    return Kernel(y, [forward], [backward])


def _sum_tasks(addends: Sequence[Array], out: Array) -> Iterator[Task]:
    total, out = as_wide_matrix(addends[0]), as_wide_matrix(out)
    for addend in addends[1:]:
        yield partial(np.add, total, as_wide_matrix(addend), out=out)
        total = out


def multiply(context: BlockContext, *inputs: BlockedTensor) -> Kernel:
    """y = x z, dx = dy z, dz = dy x; z may have axes of size 1, over which dz is summed.

    Here x is the first input with the shape of y, and dx is written over dy.
    """
    number = 0 if inputs[0].shape == context.shape else 1
    x, z = inputs[number], inputs[1 - number]
    needs_dx, needs_dz = (context.input_gradients[i] for i in (number, 1 - number))
    in_place = x.overwritable and not context.training
    values = x.values if in_place else context.like_buffers(x)
    y = x._replace(values=values, overwritable=True)
    if context.training and not needs_dx:
        y = y._replace(gradients=context.like_buffers(x))
    triples = zip(x.values, z.values, y.values, strict=True)
    forward = [partial(np.multiply, x, z, out=y) for x, z, y in triples]
    if not context.training:
        return Kernel(y, [forward])
    arrays = zip(x.values, z.values, z.gradients, y.gradients, strict=True)
    backward = [partial(_multiply_backward, needs_dx, needs_dz, *of) for of in arrays]
    return Kernel(y, [forward], [backward])


def _multiply_backward(
    needs_dx: bool, needs_dz: bool, x: Array, z: Array, dz: Array, dy: Array
) -> None:
    if needs_dz:
        repeated = tuple(i for i, size in enumerate(z.shape) if size != x.shape[i])
        product = scratch(x.shape, x.dtype) if repeated else dz
        np.multiply(dy, x, out=product)
        if repeated:
            np.add.reduce(product, axis=repeated, keepdims=True, out=dz)
    if needs_dx:
        np.multiply(dy, z, out=dy)


def concatenate(context: BlockContext, *inputs: BlockedTensor) -> Kernel:
    """y = the inputs one after the other along an axis; dx_i = their parts of dy."""
    y, layer = context.allocate_output(), cast("Concatenate", context.node.layer)
    axis, blocks = y.axis(layer.axis), range(len(y.values))
    sizes = [x.shape[layer.axis] for x in inputs]
    forward = [_join_task([x.values[i] for x in inputs], y.values[i], axis) for i in blocks]
    if not context.training:
        return Kernel(y, [forward])
    ends = np.cumsum(sizes)
    parts = [
        (x.gradients, slice(end - size, end))
        for x, size, end, need in zip(inputs, sizes, ends, context.input_gradients, strict=True)
        if need
    ]
    backward = [
        combine_tasks(
            partial(np.copyto, gradients[i], _part(y.gradients[i], span, axis))
            for gradients, span in parts
        )
        for i in blocks
    ]
    return Kernel(y, [forward], [backward])


def _join_task(values: Sequence[Array], out: Array, axis: int) -> Task:
    return partial(np.concatenate, values, axis=axis, out=out)


def _part(block: Array, span: slice, axis: int) -> Array:
    """A part of a block along an axis; a view."""
    return block[(slice(None),) * axis + (span,)]
