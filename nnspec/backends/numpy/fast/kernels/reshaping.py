"""Layers that only change the shape: views where possible, else copies."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy.fast.blocks import BlockContext, BlockedTensor, joined
from nnspec.backends.numpy.fast.plan import Kernel
from nnspec.backends.numpy.fast.threads import Task


def identity(_: BlockContext, x: BlockedTensor) -> Kernel:
    """y = x."""
    return Kernel(x)


def reshape(context: BlockContext, x: BlockedTensor) -> Kernel:
    """The same numbers under another shape: rows first, unless both are images."""
    if x.is_image or len(context.shape) == 3:
        return _moved(context, x)
    values, gradients = (_views(arrays, context) for arrays in (x.values, x.gradients))
    return Kernel(BlockedTensor(context.shape, values, gradients, x.overwritable))


def _views(arrays: Any, context: BlockContext) -> list[Array]:
    everything = joined(arrays).reshape(context.blocks.rows, *context.shape)
    return [everything[block] for block in context.blocks.spans]


def _moved(context: BlockContext, x: BlockedTensor) -> Kernel:
    y = context.output()
    forward: list[Task] = [
        partial(_copy, x.by_rows(before), y.by_rows(after))
        for before, after in zip(x.values, y.values, strict=True)
    ]
    backward: list[Task] = [
        partial(_copy, y.by_rows(after), x.by_rows(before))
        for before, after in zip(x.gradients, y.gradients, strict=True)
    ]
    return Kernel(y, [forward], [backward])


def _copy(source: Array, target: Array) -> None:
    """Copy in row-major order, whatever the shapes."""
    if target.flags.c_contiguous:
        np.copyto(target.reshape(source.shape), source)
    else:
        np.copyto(target, source.reshape(target.shape))
