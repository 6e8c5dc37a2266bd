"""The readers of each value: which may overwrite it, and how their gradients are added.

A value's only reader may overwrite it, and writes the value's gradient itself. Where there are
several readers, or the value is an output of the network, none may overwrite it, and each but one
has a gradient buffer of its own. These are added in the order of the backward pass: the loss (in an
output), then the readers from the last to the first; several inputs of one reader in their order.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.blocks import BlockedTensor, Blocks, as_wide_matrix
from nnspec.backends.numpy.fast.plan import combine_tasks
from nnspec.backends.numpy.fast.threads import Task
from nnspec.graph.ir import Graph, Node

GradientBlocks = Sequence[Array]


class Use(NamedTuple):
    """A node's reading of a value as one of its inputs."""

    value: str
    node: str
    input: int  # number of the input


class ValueTable:
    """The values of a network as tensors, and what each of their uses gets."""

    def __init__(self, graph: Graph, blocks: Blocks, differentiated: frozenset[str]) -> None:
        self.graph, self.blocks = graph, blocks
        self.differentiated = differentiated  # values whose gradients are needed
        self.tensors: dict[str, BlockedTensor] = {}
        self.addends: dict[Use, GradientBlocks] = {}
        self.live = dict.fromkeys(graph.inputs)  # values that a later node reads, and outputs

    def read(self, node: Node) -> list[BlockedTensor]:
        """The tensors that a node reads."""
        return [self._read(Use(value, node.name, i)) for i, value in enumerate(node.inputs)]

    def add(self, node: Node, outputs: Sequence[BlockedTensor]) -> None:
        """Add the values that a node gives; nothing writes the gradient of one that none reads."""
        self.tensors.update(zip(node.outputs, outputs, strict=True))
        for value in self.differentiated.intersection(node.outputs):
            if not self.graph.uses(value) and not self.graph.is_output(value):
                for gradient in self.tensors[value].gradients:
                    gradient.fill(0)

    def live_arrays(self, node: Node) -> list[Array]:
        """The values that are needed after a node, the nodes before it having been asked about."""
        self.live.update(dict.fromkeys(node.outputs))
        for value in self.graph.last_reads[node.name]:
            del self.live[value]
        return [block for name in self.live for block in self.tensors[name].values]

    def gradient_sums(self, node: Node) -> list[list[Task]]:
        """Steps that add the gradients of the readers of a node's outputs; none for a chain.

        They are to run after the backward passes of all readers.
        """
        pairs = [
            (self.tensors[value].gradients, self.addends[use])
            for value in node.outputs
            for use in self._in_backward_order(value)
            if use in self.addends
        ]
        if not pairs:
            return []
        blocks = range(len(self.blocks.spans))
        return [[combine_tasks(_add_task(y[i], dy[i]) for y, dy in pairs) for i in blocks]]

    def _read(self, use: Use) -> BlockedTensor:
        """The value as one of its uses gets it."""
        x = self.tensors[use.value]
        if self.graph.only_reader(use.value):
            return x
        if use.value not in self.differentiated or self._writes_first(use):
            return x._replace(overwritable=False)
        gradients = self.addends[use] = self.blocks.buffers(x.shape, x.layout)
        return x._replace(overwritable=False, gradients=gradients)

    def _writes_first(self, use: Use) -> bool:
        """Whether the use is the first to write the value's gradient: others add to it."""
        if self.graph.is_output(use.value):
            return False
        return use == self._in_backward_order(use.value)[0]

    def _in_backward_order(self, value: str) -> list[Use]:
        """The uses of a value in the order in which the backward pass reaches them."""
        return [
            Use(value, node.name, number)
            for node in reversed(self.graph.uses(value))
            for number, read in enumerate(node.inputs)
            if read == value
        ]


def _add_task(total: Array, addend: Array) -> Task:
    total, addend = as_wide_matrix(total), as_wide_matrix(addend)
    return partial(np.add, total, addend, out=total)
