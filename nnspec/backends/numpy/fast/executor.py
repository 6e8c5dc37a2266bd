"""The executor of a graph: builds kernels once, for a batch in blocks, and plans their tasks."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from functools import partial

import numpy as np

from nnspec.backends.contract import Array, Indices
from nnspec.backends.numpy.fast.blocks import BlockContext, BlockedTensor, Blocks
from nnspec.backends.numpy.fast.dispatch import select_kernel
from nnspec.backends.numpy.fast.plan import ExecutionPlan, GradientTask, Kernel, combine_tasks
from nnspec.backends.numpy.fast.rewrites.crop_conv import crop_conv
from nnspec.backends.numpy.fast.rewrites.fuse_conv_pool import fuse_conv_pool
from nnspec.backends.numpy.fast.threads import Task
from nnspec.backends.numpy.huge_pages import empty
from nnspec.backends.numpy.parameters import ParameterStore
from nnspec.backends.numpy.reference.executor import nodes_to_differentiate
from nnspec.graph.ir import Graph
from nnspec.graph.rewrites.pool_before_relu import pool_before_relu


class Executor:
    """The kernels of a graph, each reading the output of the one before."""

    def __init__(
        self, graph: Graph, store: ParameterStore, blocks: Blocks, *, training: bool
    ) -> None:
        graph = crop_conv(fuse_conv_pool(pool_before_relu(graph)))
        differentiated = nodes_to_differentiate(graph)
        self.blocks = blocks
        self.x = x = blocks.tensor(graph.input_shape, overwritable=False, with_gradients=False)
        self.kernels: list[Kernel] = []
        reads_input = True
        for node in graph.nodes:
            context = BlockContext(
                node, store, blocks, training, node.inputs[0] in differentiated, reads_input
            )
            self.kernels.append(select_kernel(context)(context, x))
            x = self.kernels[-1].y
            reads_input = reads_input and node.layer.identity
        self.y = x
        named = zip(graph.nodes, self.kernels, strict=True)
        self.backward_kernels = [kernel for node, kernel in named if node.name in differentiated]
        self.inputs, self.batch = np.empty(0), np.empty(0, np.int64)
        self.queued_batches: deque[Indices] = deque()

    def queue_batches(self, inputs: Array, batches: Sequence[Indices]) -> None:
        """Queue batches of row numbers of the inputs, one per run of the plan."""
        self.inputs, self.queued_batches = inputs, deque(batches)
        for kernel in self.kernels:
            if kernel.queue_batches:
                kernel.queue_batches(inputs, batches)

    def next_batch(self) -> None:
        """Advance to the next queued batch."""
        self.batch = self.queued_batches.popleft()
        for kernel in self.kernels:
            if kernel.next_batch:
                kernel.next_batch()

    @property
    def refresh_tasks(self) -> list[Task]:
        """Tasks that recompute everything kernels cache of the weights."""
        return [task for kernel in self.kernels for task in kernel.refresh_tasks]

    def plan_forward(self, plan: ExecutionPlan) -> None:
        """Add the forward pass to a plan: batch start, gathering the rows, every kernel."""
        plan.add_stage([task for kernel in self.kernels for task in kernel.batch_start])
        plan.add([self._input_tasks()])
        for kernel in self.kernels:
            plan.add(kernel.forward)

    def plan_backward(self, plan: ExecutionPlan) -> None:
        """Add the backward pass to a plan, without the weight gradients."""
        for kernel in reversed(self.backward_kernels):
            plan.add(kernel.backward)

    @property
    def gradient_tasks(self) -> list[GradientTask]:
        """Tasks that compute the weight gradients after the backward pass."""
        return [task for kernel in self.backward_kernels for task in kernel.weight_gradients]

    def _input_tasks(self) -> list[Task]:
        """Tasks that gather each block's rows from the inputs."""
        blocks = zip(self.blocks.spans, _staging_buffers(self.x), self.x.values, strict=True)
        return [self._input_task(span, staging, values) for span, staging, values in blocks]

    def _input_task(self, span: slice, staging: Array, values: Array) -> Task:
        def gather() -> None:
            self.inputs.take(self.batch[span], 0, staging, "clip")

        transpose = partial(np.copyto, self.x.rows_first(values), staging)
        return combine_tasks([gather, transpose]) if self.x.is_image else gather


def _staging_buffers(x: BlockedTensor) -> Sequence[Array]:
    """Buffers into which rows are gathered, rows first; images are transposed from them."""
    if not x.is_image:
        return x.values
    return [empty(x.rows_first(values).shape, values.dtype) for values in x.values]
