"""The way for layers without a kernel of their own: the reference's rule on the whole batch."""

from __future__ import annotations

from nnspec.backends.numpy.fast.blocks import Space, Wire
from nnspec.backends.numpy.fast.plan import Kernel, Together
from nnspec.backends.numpy.reference.context import rule


def together(space: Space, x: Wire) -> Kernel:
    """Collect all rows, run the rule that every layer has, and hand the blocks out again."""
    run, back = rule[space.node.layer](space.node.layer, space.workspace)
    y = space.output()

    def forward() -> None:
        y.hand_out(run(x.collect(x.values)), y.values)

    def backward() -> None:
        dx = back(y.collect(y.gradients))
        if space.input_gradient:
            x.hand_out(dx, x.gradients)

    return Kernel(y, [Together([forward])], [Together([backward])])
