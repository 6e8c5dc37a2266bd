"""Inference: a graph's forward pass on blocks of rows, in parallel."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from threading import Lock

from nnspec.backends.arrays import Array, Arrays
from nnspec.backends.contract import Indices
from nnspec.backends.numpy.fast.block_size import balanced_rows_per_block
from nnspec.backends.numpy.fast.blocks import Blocks
from nnspec.backends.numpy.fast.executor import Executor
from nnspec.backends.numpy.fast.memory import ReusedMemory
from nnspec.backends.numpy.fast.plan import ExecutionPlan
from nnspec.backends.numpy.fast.threads import ThreadPool
from nnspec.backends.numpy.fast.weight_caches import WeightCaches
from nnspec.backends.numpy.parameters import ParameterStore
from nnspec.graph.ir import Graph

Outputs = dict[str, Array]  # by name, rows first
ConsumeOutputs = Callable[[int, slice, Outputs], None]  # (block number, rows of the batch, outputs)


class InferenceRunner:
    """Runs a graph's forward pass on any number of rows; each thread uses its own network."""

    def __init__(
        self, graph: Graph, store: ParameterStore, threads: ThreadPool, block_size: int
    ) -> None:
        self.graph, self.store, self.threads, self.block_size = graph, store, threads, block_size
        self.idle_networks: dict[int, deque[_BlockNetwork]] = {}  # by number of rows
        self.caches = WeightCaches()
        self.lock = Lock()  # one caller at a time, with all threads

    def run(self, inputs: Arrays, batch: Indices, consume: ConsumeOutputs) -> None:
        """Pass the outputs of each block of these rows to `consume`, before buffers are reused."""
        size = balanced_rows_per_block(len(batch), self.block_size)
        blocks = Blocks.split(len(batch), size, self.store.parameters.flat.dtype)
        with self.lock:
            self._run(inputs, batch, blocks, consume)

    def _run(self, inputs: Arrays, batch: Indices, blocks: Blocks, consume: ConsumeOutputs) -> None:
        sizes = {span.stop - span.start for span in blocks.spans}
        self.idle_networks = {
            rows: self.idle_networks.get(rows, deque()) for rows in sizes | {self.block_size}
        }
        tasks = [
            [partial(self._run_block, inputs, batch[span], partial(consume, number, span))]
            for number, span in enumerate(blocks.spans)
        ]
        self.threads.run([self.caches.refresh_stage(), tasks])

    def _run_block(self, inputs: Arrays, rows: Indices, consume: Callable[[Outputs], None]) -> None:
        idle = self.idle_networks[len(rows)]
        try:
            network = idle.pop()
        except IndexError:
            network = _BlockNetwork(self.graph, self.store, len(rows), self.caches)
        consume(network.run(inputs, rows))
        idle.append(network)


class _BlockNetwork:
    """An executor with its plan, for one block."""

    def __init__(
        self, graph: Graph, store: ParameterStore, rows: int, caches: WeightCaches
    ) -> None:
        blocks = Blocks([slice(0, rows)], store.parameters.flat.dtype, ReusedMemory())
        self.executor = Executor(graph, store, blocks, caches)
        self.plan = ExecutionPlan(1)
        self.executor.plan_forward(self.plan)

    def run(self, inputs: Arrays, rows: Indices) -> Outputs:
        """The network's outputs, in buffers that the next call overwrites."""
        self.executor.queue_batches(inputs, [rows])
        self.executor.next_batch()
        self.plan.run_serially()
        return {name: y.rows_first(y.values[0]) for name, y in self.executor.outputs.items()}
