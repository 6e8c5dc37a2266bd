"""The executor of a graph: builds kernels once, for a batch in blocks, and plans their tasks."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from nnspec.backends.arrays import Array, Arrays
from nnspec.backends.contract import Indices, value_dtype
from nnspec.backends.numpy.fast.blocks import BlockedTensor, Blocks
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.dispatch import select_kernel
from nnspec.backends.numpy.fast.layouts import value_layouts
from nnspec.backends.numpy.fast.plan import ExecutionPlan, Kernel, combine_tasks
from nnspec.backends.numpy.fast.rewrites.crop_conv import crop_conv
from nnspec.backends.numpy.fast.rewrites.fuse_conv_pool import fuse_conv_pool
from nnspec.backends.numpy.fast.rewrites.pad_conv import pad_conv
from nnspec.backends.numpy.fast.threads import Task
from nnspec.backends.numpy.fast.uses import ValueTable
from nnspec.backends.numpy.fast.weight_caches import WeightCaches
from nnspec.backends.numpy.fast.weight_gradients import WeightGradients
from nnspec.backends.numpy.parameters import ParameterStore
from nnspec.backends.numpy.reference.executor import nodes_to_differentiate
from nnspec.graph.ir import Graph, Node
from nnspec.graph.rewrites.pool_before_relu import pool_before_relu
from nnspec.graph.verify import apply_passes


class Executor:
    """The kernels of a graph, each reading the values that its node reads."""

    def __init__(
        self, graph: Graph, store: ParameterStore, blocks: Blocks, caches: WeightCaches | None
    ) -> None:
        """With `caches` an executor can only predict; without, it has a backward pass."""
        self.caches, training = caches, caches is None
        passes = pad_conv, pool_before_relu, fuse_conv_pool, crop_conv
        self.graph = graph = apply_passes(graph, *passes)
        self.store, self.blocks = store, blocks
        self.layouts, self.sources = value_layouts(graph), graph.reshaped_inputs
        self.weight_gradients = WeightGradients(graph.nodes if training else (), store)
        self.values = ValueTable(
            graph, blocks, nodes_to_differentiate(graph) if training else frozenset()
        )
        self.values.tensors.update({name: self._input_tensor(name) for name in graph.inputs})
        self.gather_tasks = self._gather_tasks()
        self.kernels: dict[str, Kernel] = {}
        for node in graph.nodes:
            self._add_kernel(node)
            if not training:
                blocks.memory.release_all_but(self.values.live_arrays(node))
        self.batch_inputs: Arrays = {}
        self.batch, self.queued_batches = np.empty(0, np.int64), deque[Indices]()

    @property
    def outputs(self) -> dict[str, BlockedTensor]:
        """The tensors of the network's outputs, by their names."""
        return {name: self.values.tensors[value] for name, value in self.graph.outputs.items()}

    def scatter_gradients(self, gradients: Arrays) -> None:
        """Write the gradient of each output; of outputs that are one value, their sum."""
        sums: dict[str, Array] = {}
        for name, value in self.graph.outputs.items():
            if value in self.values.differentiated:
                sums[value] = sums[value] + gradients[name] if value in sums else gradients[name]
        for value, gradient in sums.items():
            y = self.values.tensors[value]
            y.scatter(gradient, y.gradients)

    def queue_batches(self, inputs: Arrays, batches: Sequence[Indices]) -> None:
        """Queue batches of row numbers of the inputs, one per run of the plan."""
        self.batch_inputs, self.queued_batches = inputs, deque(batches)
        for name, kernel in self.kernels.items():
            if kernel.queue_batches:
                source = self.sources[self.graph.by_name[name].inputs[0]]
                kernel.queue_batches(inputs[source], batches)

    def next_batch(self) -> None:
        """Advance to the next queued batch."""
        self.batch = self.queued_batches.popleft()
        for kernel in self.kernels.values():
            if kernel.next_batch:
                kernel.next_batch()

    @property
    def refresh_tasks(self) -> list[Task]:
        """Tasks that recompute everything kernels cache of the weights."""
        return [task for kernel in self.kernels.values() for task in kernel.refresh_tasks]

    def plan_forward(self, plan: ExecutionPlan) -> None:
        """Add the forward pass to a plan: batch start, gathering the rows, every kernel."""
        plan.add_stage([task for kernel in self.kernels.values() for task in kernel.batch_start])
        plan.add([self.gather_tasks])
        for kernel in self.kernels.values():
            plan.add(kernel.forward)

    def plan_backward(self, plan: ExecutionPlan) -> None:
        """Add the backward pass to a plan, without the weight gradients."""
        for node in reversed(self.graph.nodes):
            if self._is_differentiated(node):
                plan.add(self.values.gradient_sums(node))
                plan.add(self.kernels[node.name].backward)

    def _add_kernel(self, node: Node) -> None:
        context, inputs = self._context(node), self.values.read(node)
        self.kernels[node.name] = kernel = select_kernel(context)(context, *inputs)
        self.values.add(node, kernel.outputs)
        if self._is_differentiated(node):
            self.weight_gradients.add(node, kernel)

    def _is_differentiated(self, node: Node) -> bool:
        """Whether a value of the node has a gradient: the node then has a backward pass."""
        return not self.values.differentiated.isdisjoint(node.outputs)

    def _context(self, node: Node) -> BlockContext:
        return BlockContext(
            node, self.store, self.weight_gradients.arrays(node),
            self.blocks, tuple(self.layouts[value] for value in node.outputs), self.caches,
            tuple(value in self.values.differentiated for value in node.inputs),
            self.sources.get(node.inputs[0]),
        )  # fmt: skip

    def _input_tensor(self, name: str) -> BlockedTensor:
        spec, layout = self.graph.inputs[name], self.layouts[name]
        dtype = value_dtype(self.graph, name, self.blocks.dtype)
        values = self.blocks.buffers(spec.shape, layout, dtype)
        return BlockedTensor(spec.shape, layout, values, values, overwritable=False)

    def _gather_tasks(self) -> list[Task]:
        """Tasks that gather each block's rows from the inputs."""
        tensors = {name: self.values.tensors[name] for name in self.graph.inputs}
        staging = {name: self._staging_buffers(x) for name, x in tensors.items()}
        return [self._gather_task(index, staging) for index in range(len(self.blocks.spans))]

    def _gather_task(self, index: int, staging: Mapping[str, Sequence[Array]]) -> Task:
        span, rows = self.blocks.spans[index], {n: arrays[index] for n, arrays in staging.items()}

        def gather() -> None:
            for name, target in rows.items():
                self.batch_inputs[name].take(self.batch[span], 0, target, "clip")

        transposed = [name for name in rows if self.values.tensors[name].is_spatial]
        tensors = {name: self.values.tensors[name] for name in transposed}
        copies = [
            partial(np.copyto, x.rows_first(x.values[index]), rows[name])
            for name, x in tensors.items()
        ]
        return combine_tasks([gather, *copies]) if copies else gather

    def _staging_buffers(self, x: BlockedTensor) -> Sequence[Array]:
        """Buffers into which rows are gathered, rows first; images are transposed from them."""
        if not x.is_spatial:
            return x.values
        empty = self.blocks.memory.empty
        return [empty(x.rows_first(values).shape, values.dtype) for values in x.values]
