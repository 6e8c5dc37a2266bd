"""Fallback for row-independent layers without a kernel: the reference rule on each block."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy import registry
from nnspec.backends.numpy.fast.blocks import BlockedTensor
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.plan import GradientTask, Kernel
from nnspec.backends.numpy.parameters import Parameters


def fallback_per_block(context: BlockContext, *inputs: BlockedTensor) -> Kernel:
    """The reference rule on each block; the blocks' weight gradients are summed in order."""
    outputs = [context.allocate_output(i) for i in range(len(context.node.outputs))]
    blocks = [_Block(context, inputs, outputs, i) for i in range(len(context.blocks.spans))]
    forward = [[block.forward for block in blocks]]
    if not context.training:
        return Kernel(outputs[0], forward, further_outputs=outputs[1:])
    gradients = [block.gradients for block in blocks]
    tasks = [GradientTask(partial(_sum, context, gradients), context.gradient_spans())]
    return Kernel(
        outputs[0],
        forward,
        [[block.backward for block in blocks]],
        weight_gradients=tasks if context.gradients else (),
        further_outputs=outputs[1:],
    )


class _Block:
    """The reference rule of one block, on arrays with rows first."""

    def __init__(
        self,
        context: BlockContext,
        inputs: Sequence[BlockedTensor],
        outputs: Sequence[BlockedTensor],
        number: int,
    ) -> None:
        self.context, self.gradients, node = context, _block_gradients(context), context.node
        self.x = [x.rows_first(x.values[number]) for x in inputs]
        self.dx = [x.rows_first(x.gradients[number]) for x in inputs]
        self.y = [y.rows_first(y.values[number]) for y in outputs]
        self.dy = [y.rows_first(y.gradients[number]) for y in outputs]
        rule_context = context.reference_context(self.gradients.views)
        self.rule = registry.LAYERS[node.layer](node.layer, rule_context)
        self.rule_backward = None

    def forward(self) -> None:
        result, backward = self.rule(*map(np.ascontiguousarray, self.x))
        write_all(self.y, result if len(self.y) > 1 else (result,))
        self.rule_backward = backward if self.context.training else None

    def backward(self) -> None:
        assert self.rule_backward is not None  # noqa: S101
        self.gradients.flat.fill(0)
        gradients = self.rule_backward(*map(np.ascontiguousarray, self.dy))
        self.rule_backward = None  # what it holds of the batch is needed no more
        needed = self.context.input_gradients
        write_all(*_selected(needed, self.dx, gradients))


def write_all(targets: Sequence[Array], values: Sequence[Array]) -> None:
    """Copy each value to its target."""
    for target, value in zip(targets, values, strict=True):
        np.copyto(target, value)


def _selected(
    needed: Sequence[bool], targets: Sequence[Array], values: Sequence[Array]
) -> tuple[list[Array], list[Array]]:
    """The targets and values that are needed."""
    return (
        [target for target, need in zip(targets, needed, strict=True) if need],
        [value for value, need in zip(values, needed, strict=True) if need],
    )


def _block_gradients(context: BlockContext) -> Parameters:
    """Arrays for the gradients of the node's weights from one block."""
    node = context.node
    shapes = {node.weight_name(name): array.shape for name, array in context.gradients.items()}
    return Parameters(shapes, context.dtype)


def _sum(context: BlockContext, gradients: Sequence[Parameters]) -> None:
    """Sum the blocks' weight gradients, in the blocks' order."""
    for name, total in context.gradients.items():
        full = context.node.weight_name(name)
        np.add.reduce([block.views[full] for block in gradients], axis=0, out=total)
