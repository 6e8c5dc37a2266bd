"""The way for layers without a kernel of their own: the reference's rule on the whole batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnspec.backends.base import Array
from nnspec.backends.numpy.fast.schedule import Kernel, Together
from nnspec.backends.numpy.fast.wires import Space, Wire
from nnspec.backends.numpy.workspace import rule


def together(space: Space, x: Wire) -> Kernel:
    """Collect all rows, run the rule that every layer has, and hand the blocks out again."""
    run, back = rule[space.node.layer](space.node.layer, space.workspace)
    y = space.output()
    values = np.empty((space.blocks.rows, *x.shape), space.dtype)
    gradients = np.empty((space.blocks.rows, *y.shape), space.dtype)

    def forward() -> None:
        _collect(space, x, x.values, values)
        _hand_out(space, y, run(values), y.values)

    def backward() -> None:
        _collect(space, y, y.gradients, gradients)
        dx = back(gradients)
        if space.input_gradient:
            _hand_out(space, x, dx, x.gradients)

    return Kernel(y, [Together([forward])], [Together([backward])])


def _collect(space: Space, wire: Wire, blocks: Sequence[Array], target: Array) -> None:
    for span, block in zip(space.blocks.spans, blocks, strict=True):
        target[span] = wire.by_rows(block)


def _hand_out(space: Space, wire: Wire, source: Array, blocks: Sequence[Array]) -> None:
    for span, block in zip(space.blocks.spans, blocks, strict=True):
        wire.by_rows(block)[...] = source[span]
