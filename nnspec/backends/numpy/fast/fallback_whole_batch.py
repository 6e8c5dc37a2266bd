"""The way for layers without a kernel of their own: the reference's rule on the whole batch."""

from __future__ import annotations

from nnspec.backends.numpy import registry
from nnspec.backends.numpy.fast.blocks import BlockContext, BlockedTensor
from nnspec.backends.numpy.fast.plan import Kernel, WholeBatch


def fallback_whole_batch(context: BlockContext, x: BlockedTensor) -> Kernel:
    """Collect all rows, run the rule that every layer has, and hand the blocks out again."""
    run, back = registry.LAYERS[context.node.layer](context.node.layer, context.reference_context)
    y = context.output()

    def forward() -> None:
        y.scatter(run(x.gather(x.values)), y.values)

    def backward() -> None:
        dx = back(y.gather(y.gradients))
        if context.input_gradient:
            x.scatter(dx, x.gradients)

    return Kernel(y, [WholeBatch([forward])], [WholeBatch([backward])])
