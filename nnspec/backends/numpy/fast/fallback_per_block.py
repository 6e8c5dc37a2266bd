"""Fallback for row-independent layers without a kernel: the reference rule on each block."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from functools import partial

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy import registry
from nnspec.backends.numpy.fast.blocks import BlockContext, BlockedTensor
from nnspec.backends.numpy.fast.plan import GradientTask, Kernel
from nnspec.backends.numpy.parameters import Parameters, ParameterStore
from nnspec.backends.numpy.reference.context import RuleContext


def fallback_per_block(context: BlockContext, x: BlockedTensor) -> Kernel:
    """The reference rule on each block; the blocks' weight gradients are summed in order."""
    y = context.allocate_output()
    blocks = [
        _Block(context, x, y, number, span.stop - span.start)
        for number, span in enumerate(context.blocks.spans)
    ]
    sum_gradients = partial(
        _sum_gradients,
        context,
        _block_store(context).gradients,
        [block.gradients for block in blocks],
    )
    return Kernel(
        y,
        [[block.forward for block in blocks]],
        [[block.backward for block in blocks]],
        weight_gradients=[GradientTask(sum_gradients, context.gradient_spans())],
    )


class _Block:
    """The reference rule of one block, on arrays with rows first."""

    def __init__(
        self, context: BlockContext, x: BlockedTensor, y: BlockedTensor, number: int, rows: int
    ) -> None:
        self.x, self.y, self.number, self.input_gradient = x, y, number, context.input_gradient
        store = _block_store(context)
        self.gradients = store.gradients.flat
        reference_context = RuleContext(
            context.node, store, rows, context.dtype, context.training, context.input_gradient
        )
        self.rule_forward, self.rule_backward = registry.LAYERS[context.node.layer](
            context.node.layer, reference_context
        )

    def forward(self) -> None:
        x = np.ascontiguousarray(self.x.rows_first(self.x.values[self.number]))
        np.copyto(self.y.rows_first(self.y.values[self.number]), self.rule_forward(x))

    def backward(self) -> None:
        dy = np.ascontiguousarray(self.y.rows_first(self.y.gradients[self.number]))
        dx = self.rule_backward(dy)
        if self.input_gradient:
            np.copyto(self.x.rows_first(self.x.gradients[self.number]), dx)


def _block_store(context: BlockContext) -> ParameterStore:
    """A copy of the parameter store with separate gradients of the node's weights."""
    gradients = context.store.gradients.views
    names = [f"{context.node.name}/{name}" for name in context.node.weights]
    store = copy(context.store)
    shapes = {name: gradients[name].shape for name in names if name in gradients}
    store.gradients = Parameters(shapes, context.dtype)
    return store


def _sum_gradients(context: BlockContext, total: Parameters, gradients: Sequence[Array]) -> None:
    """Sum the blocks' weight gradients, in the blocks' order, into the store."""
    total.flat[:] = np.add.reduce(gradients, axis=0)
    for name, view in total.views.items():
        context.store.gradients.views[name][...] = view
