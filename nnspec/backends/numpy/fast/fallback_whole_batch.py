"""Fallback for layers without a kernel: the reference rule on the whole batch."""

from __future__ import annotations

from nnspec.backends.numpy import registry
from nnspec.backends.numpy.fast.blocks import BlockContext, BlockedTensor
from nnspec.backends.numpy.fast.plan import BatchStep, Kernel


def fallback_whole_batch(context: BlockContext, x: BlockedTensor) -> Kernel:
    """Gather the rows of all blocks, apply the layer's reference rule, and scatter its result."""
    rule_forward, rule_backward = registry.LAYERS[context.node.layer](
        context.node.layer, context.reference_context
    )
    y = context.allocate_output()

    def forward() -> None:
        y.scatter(rule_forward(x.gather(x.values)), y.values)

    def backward() -> None:
        dx = rule_backward(y.gather(y.gradients))
        if context.input_gradient:
            x.scatter(dx, x.gradients)

    return Kernel(y, [BatchStep([forward])], [BatchStep([backward])])
