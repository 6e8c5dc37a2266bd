"""The way for layers without a kernel that keep rows apart: the reference's rule by blocks."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from functools import partial

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy.fast.blocks import Space, Wire
from nnspec.backends.numpy.fast.plan import Gradients, Kernel
from nnspec.backends.numpy.parameters import Memory, Parameters
from nnspec.backends.numpy.reference.context import Workspace, rule


def rowwise(space: Space, x: Wire) -> Kernel:
    """Each block gets a workspace of its own, whose weight gradients are added in order."""
    y = space.output()
    blocks = [
        _Block(space, x, y, number, span.stop - span.start)
        for number, span in enumerate(space.blocks.spans)
    ]
    join = partial(_join, space, _memory(space).gradients, [block.gradients for block in blocks])
    return Kernel(
        y,
        [[block.forward for block in blocks]],
        [[block.backward for block in blocks]],
        after=[Gradients(join, space.parts())],
    )


class _Block:
    """One block, with its rows first."""

    def __init__(self, space: Space, x: Wire, y: Wire, number: int, rows: int) -> None:
        self.x, self.y, self.number, self.learns = x, y, number, space.input_gradient
        memory = _memory(space)
        self.gradients = memory.gradients.flat
        workspace = Workspace(
            space.node, memory, rows, space.dtype, space.training, space.input_gradient
        )
        self.run, self.back = rule[space.node.layer](space.node.layer, workspace)

    def forward(self) -> None:
        x = np.ascontiguousarray(self.x.by_rows(self.x.values[self.number]))
        np.copyto(self.y.by_rows(self.y.values[self.number]), self.run(x))

    def backward(self) -> None:
        dy = np.ascontiguousarray(self.y.by_rows(self.y.gradients[self.number]))
        dx = self.back(dy)
        if self.learns:
            np.copyto(self.x.by_rows(self.x.gradients[self.number]), dx)


def _memory(space: Space) -> Memory:
    """The program's memory, with other gradients for the node's weights."""
    trained = space.memory.gradients.views
    names = [f"{space.node.name}/{name}" for name in space.node.weights]
    memory = copy(space.memory)
    shapes = {name: trained[name].shape for name in names if name in trained}
    memory.gradients = Parameters(shapes, space.dtype)
    return memory


def _join(space: Space, total: Parameters, gradients: Sequence[Array]) -> None:
    """The blocks' gradients, added in their order."""
    total.flat[:] = np.add.reduce(gradients, axis=0)
    for name, view in total.views.items():
        space.memory.gradients.views[name][...] = view
