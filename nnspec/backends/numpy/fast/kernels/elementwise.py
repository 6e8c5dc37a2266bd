"""Kernels of ReLU and of other elementwise layers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy import registry
from nnspec.backends.numpy.fast.blocks import BlockedTensor, as_wide_matrix, batch_view
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.plan import BatchStep, Kernel, PlanStep
from nnspec.backends.numpy.reference.context import Backward, Forward

MAX_SERIAL_SIZE = 1 << 17  # numbers up to which sharing among threads does not pay


def relu(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = max(x, 0), in place if x may be overwritten; dx = dy where y > 0, else 0."""
    values = x.values if x.overwritable else context.like_buffers(x)
    overwritable = not context.training  # the backward pass reads y
    y = context.share_gradient(x._replace(values=values, overwritable=overwritable))
    masks = context.like_buffers(x, bool) if context.training else []
    forward = [
        partial(np.maximum, as_wide_matrix(source), _zeros(source), out=as_wide_matrix(target))
        for source, target in zip(x.values, y.values, strict=True)
    ]
    return Kernel(y, [forward], [_backward_step(y, masks)] if context.training else [])


def _backward_step(y: BlockedTensor, masks: Sequence[Array]) -> PlanStep:
    zero = np.zeros(1, y.values[0].dtype)
    if not y.is_spatial and sum(mask.size for mask in masks) <= MAX_SERIAL_SIZE:
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
    y = context.allocate_like(x, overwritable=True)
    rule = registry.LAYERS[context.node.layer](context.node.layer, context.reference_context())
    blocks = [
        _RuleOnBlock(rule, *arrays, context.training)
        for arrays in zip(x.values, y.values, y.gradients, strict=True)
    ]
    return Kernel(y, [[block.forward for block in blocks]], [[block.backward for block in blocks]])


class _RuleOnBlock:
    """The reference rule of an elementwise layer on one block."""

    def __init__(self, rule: Forward, x: Array, y: Array, dy: Array, training: bool) -> None:
        self.rule, self.x, self.y, self.dy, self.training = rule, x, y, dy, training
        self.rule_backward: Backward | None = None

    def forward(self) -> None:
        result, backward = self.rule(self.x)
        np.copyto(self.y, result)
        self.rule_backward = backward if self.training else None

    def backward(self) -> None:
        """Write dx over dy."""
        assert self.rule_backward is not None  # noqa: S101
        (dx,) = self.rule_backward(self.dy)
        self.rule_backward = None  # what it holds of the batch is needed no more
        assert dx is not None  # noqa: S101
        np.copyto(self.dy, dx)
