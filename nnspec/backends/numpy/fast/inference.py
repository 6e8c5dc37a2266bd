"""Inference: blocks of rows shared out to networks of which each thread uses one at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from threading import Lock

from nnspec.backends.contract import Array, Indices
from nnspec.backends.numpy.fast.blocks import Blocks
from nnspec.backends.numpy.fast.executor import Executor
from nnspec.backends.numpy.fast.plan import ExecutionPlan
from nnspec.backends.numpy.fast.threads import ThreadPool
from nnspec.backends.numpy.parameters import ParameterStore
from nnspec.graph.ir import Graph

ConsumeOutput = Callable[[int, slice, Array], None]  # of a block's number, its rows, and its output


class InferenceRunner:
    """Runs a graph forward over any number of rows."""

    def __init__(self, graph: Graph, store: ParameterStore, crew: ThreadPool, size: int) -> None:
        self.graph, self.store, self.crew, self.size = graph, store, crew, size
        self.idle: dict[int, deque[_Forward]] = {}  # networks by rows
        self.busy = Lock()  # callers in several threads take turns, each with the whole crew

    def run(self, inputs: Array, batch: Indices, look: ConsumeOutput) -> None:
        """Compute these rows of the inputs, and show each block's output while it stands."""
        blocks = Blocks.cut(len(batch), self.size, self.store.trained.flat.dtype)
        with self.busy:
            self._run(inputs, batch, blocks, look)

    def _run(self, inputs: Array, batch: Indices, blocks: Blocks, look: ConsumeOutput) -> None:
        sizes = {span.stop - span.start for span in blocks.spans}
        self.idle = {rows: self.idle.get(rows, deque()) for rows in sizes | {self.size}}
        for forward in [forward for idle in self.idle.values() for forward in idle]:
            forward.prepare()
        tasks = [
            [partial(self._block, inputs, batch[span], partial(look, number, span))]
            for number, span in enumerate(blocks.spans)
        ]
        self.crew.run([tasks])

    def _block(self, inputs: Array, rows: Indices, look: Callable[[Array], None]) -> None:
        idle = self.idle[len(rows)]
        try:
            forward = idle.pop()
        except IndexError:
            forward = _Forward(self.graph, self.store, len(rows))
        look(forward.run(inputs, rows))
        idle.append(forward)


class _Forward:
    """A network for one block."""

    def __init__(self, graph: Graph, store: ParameterStore, rows: int) -> None:
        blocks = Blocks([slice(0, rows)], store.trained.flat.dtype)
        self.network = Executor(graph, store, blocks, training=False)
        self.schedule = ExecutionPlan(1)
        self.network.forward(self.schedule)
        self.prepare()

    def prepare(self) -> None:
        """Follow a change of the weights."""
        for task in self.network.renewals:
            task()

    def run(self, inputs: Array, rows: Indices) -> Array:
        """The output, rows first; it stays in a buffer until the next call."""
        self.network.expect(inputs, [rows])
        self.network.begin()
        self.schedule.alone()
        y = self.network.y
        return y.by_rows(y.values[0])
