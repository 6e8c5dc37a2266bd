"""The way for layers without a kernel that keep rows apart: the reference's rule by blocks."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from functools import partial

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy import registry
from nnspec.backends.numpy.fast.blocks import BlockContext, BlockedTensor
from nnspec.backends.numpy.fast.plan import Gradients, Kernel
from nnspec.backends.numpy.parameters import Parameters, ParameterStore
from nnspec.backends.numpy.reference.context import RuleContext


def fallback_per_block(context: BlockContext, x: BlockedTensor) -> Kernel:
    """Each block gets a workspace of its own, whose weight gradients are added in order."""
    y = context.output()
    blocks = [
        _Block(context, x, y, number, span.stop - span.start)
        for number, span in enumerate(context.blocks.spans)
    ]
    join = partial(
        _join, context, _memory(context).gradients, [block.gradients for block in blocks]
    )
    return Kernel(
        y,
        [[block.forward for block in blocks]],
        [[block.backward for block in blocks]],
        after=[Gradients(join, context.parts())],
    )


class _Block:
    """One block, with its rows first."""

    def __init__(
        self, context: BlockContext, x: BlockedTensor, y: BlockedTensor, number: int, rows: int
    ) -> None:
        self.x, self.y, self.number, self.learns = x, y, number, context.input_gradient
        store = _memory(context)
        self.gradients = store.gradients.flat
        reference_context = RuleContext(
            context.node, store, rows, context.dtype, context.training, context.input_gradient
        )
        self.run, self.back = registry.LAYERS[context.node.layer](
            context.node.layer, reference_context
        )

    def forward(self) -> None:
        x = np.ascontiguousarray(self.x.by_rows(self.x.values[self.number]))
        np.copyto(self.y.by_rows(self.y.values[self.number]), self.run(x))

    def backward(self) -> None:
        dy = np.ascontiguousarray(self.y.by_rows(self.y.gradients[self.number]))
        dx = self.back(dy)
        if self.learns:
            np.copyto(self.x.by_rows(self.x.gradients[self.number]), dx)


def _memory(context: BlockContext) -> ParameterStore:
    """The program's memory, with other gradients for the node's weights."""
    trained = context.store.gradients.views
    names = [f"{context.node.name}/{name}" for name in context.node.weights]
    store = copy(context.store)
    shapes = {name: trained[name].shape for name in names if name in trained}
    store.gradients = Parameters(shapes, context.dtype)
    return store


def _join(context: BlockContext, total: Parameters, gradients: Sequence[Array]) -> None:
    """The blocks' gradients, added in their order."""
    total.flat[:] = np.add.reduce(gradients, axis=0)
    for name, view in total.views.items():
        context.store.gradients.views[name][...] = view
