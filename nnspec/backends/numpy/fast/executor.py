"""A graph prepared for blocks of rows: kernels made once, then only run in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from functools import partial

import numpy as np

from nnspec.backends.contract import Array, Indices
from nnspec.backends.numpy.fast.blocks import BlockContext, BlockedTensor, Blocks
from nnspec.backends.numpy.fast.dispatch import select_kernel
from nnspec.backends.numpy.fast.plan import ExecutionPlan, Gradients, Kernel, run_in_order
from nnspec.backends.numpy.fast.rewrites.crop_conv import crop_conv
from nnspec.backends.numpy.fast.rewrites.fuse_conv_pool import fuse_conv_pool
from nnspec.backends.numpy.fast.threads import Task
from nnspec.backends.numpy.huge_pages import empty
from nnspec.backends.numpy.parameters import ParameterStore
from nnspec.backends.numpy.reference.executor import nodes_to_differentiate
from nnspec.graph.ir import Graph
from nnspec.graph.rewrites.pool_before_relu import pool_before_relu


class Executor:
    """The kernels of a graph, each reading what the one before writes."""

    def __init__(
        self, graph: Graph, store: ParameterStore, blocks: Blocks, *, training: bool
    ) -> None:
        graph = crop_conv(fuse_conv_pool(pool_before_relu(graph)))
        learns = nodes_to_differentiate(graph)
        self.blocks = blocks
        self.x = x = blocks.tensor(graph.input_shape, overwritable=False, learns=False)
        self.kernels: list[Kernel] = []
        reads_input = True
        for node in graph.nodes:
            context = BlockContext(
                node, store, blocks, training, node.inputs[0] in learns, reads_input
            )
            self.kernels.append(select_kernel(context)(context, x))
            x = self.kernels[-1].y
            reads_input = reads_input and node.layer.identity
        self.y = x
        named = zip(graph.nodes, self.kernels, strict=True)
        self.learning = [kernel for node, kernel in named if node.name in learns]
        self.inputs, self.batch = np.empty(0), np.empty(0, np.int64)
        self.coming: deque[Indices] = deque()

    def expect(self, inputs: Array, batches: Sequence[Indices]) -> None:
        """Say which rows of the inputs are to be read, run by run."""
        self.inputs, self.coming = inputs, deque(batches)
        for kernel in self.kernels:
            if kernel.expect:
                kernel.expect(inputs, batches)

    def begin(self) -> None:
        """From now on, the next of these batches is read."""
        self.batch = self.coming.popleft()
        for kernel in self.kernels:
            if kernel.begin:
                kernel.begin()

    @property
    def renewals(self) -> list[Task]:
        """What brings up to date all that is kept of the weights."""
        return [task for kernel in self.kernels for task in kernel.renewals]

    def forward(self, schedule: ExecutionPlan) -> None:
        """Get ready, read the rows, and run every kernel."""
        schedule.together([task for kernel in self.kernels for task in kernel.before])
        schedule.add([self._reading()])
        for kernel in self.kernels:
            schedule.add(kernel.forward)

    def backward(self, schedule: ExecutionPlan) -> None:
        """Go back through every kernel that learns."""
        for kernel in reversed(self.learning):
            schedule.add(kernel.backward)

    @property
    def gradients(self) -> list[Gradients]:
        """What is left to do after the way back."""
        return [gradients for kernel in self.learning for gradients in kernel.after]

    def _reading(self) -> list[Task]:
        """Copy each block's rows to where the first kernel reads them."""
        places = zip(self.blocks.spans, _staging(self.x), self.x.values, strict=True)
        return [self._reader(span, staged, values) for span, staged, values in places]

    def _reader(self, span: slice, staged: Array, values: Array) -> Task:
        def gather() -> None:
            self.inputs.take(self.batch[span], 0, staged, "clip")

        turn = partial(np.copyto, self.x.by_rows(values), staged)
        return run_in_order([gather, turn]) if self.x.is_image else gather


def _staging(x: BlockedTensor) -> Sequence[Array]:
    """Where rows are gathered, rows first: for images a step before they are turned round."""
    if not x.is_image:
        return x.values
    return [empty(x.by_rows(values).shape, values.dtype) for values in x.values]
