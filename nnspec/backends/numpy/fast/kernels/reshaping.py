"""Kernels of identity, flatten and reshape: views where possible, else copies."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.blocks import BlockedTensor, Layout, batch_view
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.plan import Kernel
from nnspec.backends.numpy.fast.threads import Task


def identity(_: BlockContext, x: BlockedTensor) -> Kernel:
    """y = x."""
    return Kernel(x)


def reshape(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = x in another shape, in row-major order; a copy unless both have their rows first."""
    if x.is_spatial or context.layout is not Layout.ROWS_FIRST:
        return _copied(context, x)
    values, gradients = (_views(arrays, context) for arrays in (x.values, x.gradients))
    return Kernel(x._replace(shape=context.shape, values=values, gradients=gradients))


def _views(arrays: Any, context: BlockContext) -> list[Array]:
    whole_batch = batch_view(arrays).reshape(context.blocks.rows, *context.shape)
    return [whole_batch[block] for block in context.blocks.spans]


def _copied(context: BlockContext, x: BlockedTensor) -> Kernel:
    y = context.allocate_output()
    forward: list[Task] = [
        partial(_copy, x.rows_first(source), y.rows_first(target))
        for source, target in zip(x.values, y.values, strict=True)
    ]
    backward: list[Task] = [
        partial(_copy, y.rows_first(target), x.rows_first(source))
        for source, target in zip(x.gradients, y.gradients, strict=True)
    ]
    return Kernel(y, [forward], [backward] if context.input_gradient else [])


def _copy(source: Array, target: Array) -> None:
    """Copy between arrays of different shapes, in row-major order."""
    if target.flags.c_contiguous:
        np.copyto(target.reshape(source.shape), source)
    else:
        np.copyto(target, source.reshape(target.shape))
