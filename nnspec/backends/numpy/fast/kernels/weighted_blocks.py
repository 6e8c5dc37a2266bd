"""Kernels of layers with weights, of which each block is computed by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.blocks import BlockedTensor
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.plan import GradientTask, Kernel, combine_tasks
from nnspec.backends.numpy.fast.threads import Task


class WeightedBlock(Protocol):
    """The tasks of one block of rows, in their order."""

    def forward(self) -> Iterable[Task]:
        """Compute y."""

    def backward(self, gradients: Mapping[str, Array]) -> Iterable[Task]:
        """Compute dx, and the block's gradients of the weights, by their names."""


def kernel_of_blocks(
    context: BlockContext, x: BlockedTensor, block: Callable[..., WeightedBlock]
) -> Kernel:
    """The kernel of blocks, each made of its part of x, dx, y and dy."""
    y = context.allocate_output()
    arrays = zip(x.values, x.gradients, y.values, y.gradients, strict=True)
    blocks = [block(*of) for of in arrays]
    forward = [combine_tasks(one.forward()) for one in blocks]
    if not context.training:
        return Kernel(y, [forward])
    gradients = BlockGradients(context)
    backward = [combine_tasks(one.backward(gradients[i])) for i, one in enumerate(blocks)]
    return Kernel(y, [forward], [backward], weight_gradients=[gradients.task()])


class BlockGradients:
    """An array for each block and each trained weight of a node, in the shape of the weight."""

    def __init__(self, context: BlockContext) -> None:
        self.context, blocks = context, len(context.blocks.spans)
        self.arrays = {
            name: first_and_others(total, blocks) for name, total in context.gradients.items()
        }

    def __getitem__(self, block: int) -> Mapping[str, Array]:
        """The arrays of one block, by the names of the weights."""
        return {name: array[block] for name, array in self.arrays.items()}

    def task(self) -> GradientTask:
        """The task that sums over the blocks."""
        return GradientTask(self._sum, self.context.gradient_spans())

    def _sum(self) -> None:
        """Sum over the blocks, in their order."""
        for arrays in self.arrays.values():
            add_others(arrays)


def first_and_others(total: Array, blocks: int) -> list[Array]:
    """An array for each block, of which the first is that of their sum."""
    return [total, *(np.empty_like(total) for _ in range(blocks - 1))]


def add_others(arrays: Sequence[Array]) -> None:
    """Add the arrays of the other blocks to that of the first, in their order."""
    total, *others = arrays
    for other in others:
        np.add(total, other, out=total)
