"""Elementwise layers, ReLU with its mask among them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy import registry
from nnspec.backends.numpy.fast.blocks import BlockContext, BlockedTensor, image_rows, joined
from nnspec.backends.numpy.fast.plan import Kernel, PlanStep, WholeBatch
from nnspec.backends.numpy.reference.context import Backward, Forward, RuleContext

LITTLE = 1 << 17  # numbers that take less time than to share them out


def relu(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = max(x, 0), where x was if nobody needs it; dx = dy where y > 0, else 0."""
    y = x._replace(
        values=x.values if x.overwritable else context.buffers(context.shape), overwritable=False
    )
    gates = context.buffers(context.shape, bool) if context.training else []
    forward = [
        partial(np.maximum, image_rows(before), _zeros(before), out=image_rows(after))
        for before, after in zip(x.values, y.values, strict=True)
    ]
    return Kernel(y, [forward], [_gating(y, gates)] if context.training else [])


def _gating(y: BlockedTensor, gates: Sequence[Array]) -> PlanStep:
    zero = np.zeros(1, y.values[0].dtype)
    if not y.is_image and sum(gate.size for gate in gates) <= LITTLE:
        arrays = map(joined, (y.values, gates, y.gradients))
        return WholeBatch([partial(_gate, zero, *arrays)])
    blocks = zip(y.values, gates, y.gradients, strict=True)
    return [partial(_gate, zero, *block) for block in blocks]


def _zeros(block: Array) -> Array:
    """A zero for each number of a line: NumPy compares two arrays faster than one with a number."""
    return np.zeros(image_rows(block).shape[1], block.dtype)


def _gate(zero: Array, y: Array, gate: Array, dy: Array) -> None:
    np.greater(y, zero, out=gate)
    np.multiply(dy, gate, out=dy)


def elementwise(context: BlockContext, x: BlockedTensor) -> Kernel:
    """The reference's rule on each block: it may take any axis for that of the rows."""
    y = x._replace(values=context.buffers(context.shape), overwritable=False)
    pairs = [_prepared(context, values) for values in x.values]
    forward = [
        partial(_forward, run, before, after)
        for (run, _), before, after in zip(pairs, x.values, y.values, strict=True)
    ]
    backward = [
        partial(_backward, run, dy) for (_, run), dy in zip(pairs, y.gradients, strict=True)
    ]
    return Kernel(y, [forward], [backward])


def _prepared(context: BlockContext, block: Array) -> tuple[Forward, Backward]:
    rows, *shape = block.shape
    node = context.node._replace(shape=tuple(shape), input_shapes=(tuple(shape),))
    reference_context = RuleContext(
        node, context.store, rows, context.dtype, context.training, True
    )
    return registry.LAYERS[node.layer](node.layer, reference_context)


def _forward(run: Forward, x: Array, y: Array) -> None:
    np.copyto(y, run(x))


def _backward(run: Backward, dy: Array) -> None:
    found = run(dy)
    if found is not dy:
        np.copyto(dy, found)
