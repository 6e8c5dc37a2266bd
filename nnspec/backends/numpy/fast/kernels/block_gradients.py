"""The weight gradients of each block, and their sum."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.plan import GradientTask


class BlockGradients:
    """An array for each block and each trained weight of a node, in the shape of the weight."""

    def __init__(self, context: BlockContext) -> None:
        self.context, blocks = context, len(context.blocks.spans)
        self.arrays = {
            name: np.empty((blocks, *total.shape), context.dtype)
            for name, total in context.gradients.items()
        }

    def __getitem__(self, block: int) -> Mapping[str, Array]:
        """The arrays of one block, by the names of the weights."""
        return {name: array[block] for name, array in self.arrays.items()}

    def task(self) -> GradientTask:
        """The task that sums over the blocks."""
        return GradientTask(self._sum, self.context.gradient_spans())

    def _sum(self) -> None:
        """Sum over the blocks, in their order."""
        for name, total in self.context.gradients.items():
            np.add.reduce(self.arrays[name], axis=0, out=total)
