"""Kernels of ReLU and of other elementwise layers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy import registry
from nnspec.backends.numpy.fast.blocks import (
    BlockContext,
    BlockedTensor,
    as_wide_matrix,
    batch_view,
)
from nnspec.backends.numpy.fast.plan import BatchStep, Kernel, PlanStep
from nnspec.backends.numpy.reference.context import Backward, Forward, RuleContext

MAX_SERIAL_SIZE = 1 << 17  # numbers up to which sharing among threads does not pay


def relu(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = max(x, 0), in place if x may be overwritten; dx = dy where y > 0, else 0."""
    y = x._replace(
        values=x.values if x.overwritable else context.buffers(context.shape), overwritable=False
    )
    masks = context.buffers(context.shape, bool) if context.training else []
    forward = [
        partial(np.maximum, as_wide_matrix(source), _zeros(source), out=as_wide_matrix(target))
        for source, target in zip(x.values, y.values, strict=True)
    ]
    return Kernel(y, [forward], [_backward_step(y, masks)] if context.training else [])


def _backward_step(y: BlockedTensor, masks: Sequence[Array]) -> PlanStep:
    zero = np.zeros(1, y.values[0].dtype)
    if not y.is_image and sum(mask.size for mask in masks) <= MAX_SERIAL_SIZE:
        arrays = map(batch_view, (y.values, masks, y.gradients))
        return BatchStep([partial(_relu_backward, zero, *arrays)])
    blocks = zip(y.values, masks, y.gradients, strict=True)
    return [partial(_relu_backward, zero, *block) for block in blocks]


def _zeros(block: Array) -> Array:
    """A row of zeros: `np.maximum` of two arrays is faster than of an array and a scalar."""
    return np.zeros(as_wide_matrix(block).shape[1], block.dtype)


def _relu_backward(zero: Array, y: Array, mask: Array, dy: Array) -> None:
    np.greater(y, zero, out=mask)
    np.multiply(dy, mask, out=dy)


def elementwise(context: BlockContext, x: BlockedTensor) -> Kernel:
    """Run the reference rule on each block in its storage layout, rows on either axis."""
    y = x._replace(values=context.buffers(context.shape), overwritable=False)
    rules = [_rule_for(context, values) for values in x.values]
    forward = [
        partial(_forward, run, source, target)
        for (run, _), source, target in zip(rules, x.values, y.values, strict=True)
    ]
    backward = [
        partial(_backward, run, dy) for (_, run), dy in zip(rules, y.gradients, strict=True)
    ]
    return Kernel(y, [forward], [backward])


def _rule_for(context: BlockContext, block: Array) -> tuple[Forward, Backward]:
    rows, *shape = block.shape
    node = context.node._replace(shape=tuple(shape), input_shapes=(tuple(shape),))
    reference_context = RuleContext(
        node, context.store, rows, context.dtype, context.training, True
    )
    return registry.LAYERS[node.layer](node.layer, reference_context)


def _forward(run: Forward, x: Array, y: Array) -> None:
    np.copyto(y, run(x))


def _backward(run: Backward, dy: Array) -> None:
    dx = run(dy)
    if dx is not dy:
        np.copyto(dy, dx)
