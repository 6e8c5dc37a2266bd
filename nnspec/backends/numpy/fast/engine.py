"""The fast engine: kernels over blocks of rows, shared out to threads.

How a batch is cut depends on the graph and on the number of rows alone, and everything that is
added up over blocks is added in their order: so a run gives the same bits every time, with any
number of threads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from itertools import groupby
from math import prod
from typing import Any

import numpy as np

from nnspec.backends.contract import Array, Indices, TrainingSetup
from nnspec.backends.numpy.engine import DeviceRows, Engine, Slots, Sums
from nnspec.backends.numpy.evaluation import BatchEvaluator
from nnspec.backends.numpy.fast.blas import one_blas_thread
from nnspec.backends.numpy.fast.blocked_update import BlockedUpdater
from nnspec.backends.numpy.fast.blocks import Blocks
from nnspec.backends.numpy.fast.executor import Executor
from nnspec.backends.numpy.fast.inference import InferenceRunner
from nnspec.backends.numpy.fast.threads import Stage, thread_pool
from nnspec.backends.numpy.fast.training_step import TrainingStep
from nnspec.backends.numpy.parameters import ParameterStore
from nnspec.graph.ir import Graph

BLOCK_BYTES = 3 << 20  # of the largest image that a block holds, about
IMAGES, ROWS = (16, 32), 64  # in a block: at least and at most, or exactly where there are none


class FastEngine(Engine):
    """Computes with `nnspec.backends.numpy.fast`."""

    def __init__(
        self,
        graph: Graph,
        setup: TrainingSetup | None,
        store: ParameterStore,
        slots: Slots,
        workers: int = 0,
    ) -> None:
        super().__init__(graph, store)
        self.graph, self.dtype = graph, store.trained.flat.dtype
        self.crew, self.size = thread_pool(workers), block_rows(graph, self.dtype)
        self.predictor = InferenceRunner(graph, store, self.crew, self.size)
        if setup:
            self.judge = BatchEvaluator(graph, setup)
            self.evaluator = InferenceRunner(self.judge.body, store, self.crew, self.size)
            self.learner = lru_cache(maxsize=2)(self._learner)  # full batches, and the last one
            self.updater = BlockedUpdater(setup.optimizer, store, slots)

    def at_work(self) -> AbstractContextManager[object]:
        """BLAS computes in the threads that call it."""
        return one_blas_thread()

    def predict(self, inputs: Array) -> Array:
        """The network's output."""
        outputs = np.empty((len(inputs), *self.graph.output_shape), self.dtype)

        def look(_: int, rows: slice, given: Array) -> None:
            outputs[rows] = given

        self.predictor.run(inputs, np.arange(len(inputs)), look)
        return outputs

    def evaluate(self, device_rows: DeviceRows, batch: Indices) -> Sums:
        """Forward and the loss."""
        found: dict[int, Sums] = {}

        def look(number: int, rows: slice, given: Array) -> None:
            found[number] = self.judge.sums(given, device_rows.targets[batch[rows]])

        self.evaluator.run(device_rows.inputs, batch, look)
        in_order = (sums for _, sums in sorted(found.items()))
        return [sum(figures) for figures in zip(*in_order, strict=True)]

    def learn(self, device_rows: DeviceRows, batch: Indices) -> Sums:
        """Forward, the loss, and backward."""
        lesson = self.learner(len(batch))
        self.crew.run(lesson.learn(device_rows, batch))
        return lesson.sums()[0]

    def update(self) -> None:
        """Piece by piece."""
        self.updater.begin()
        self.updater.clip()
        self.crew.run([self.updater.chains])

    def train(self, device_rows: DeviceRows, batches: Sequence[Indices]) -> list[Sums]:
        """Each gradient is followed by its update, where nothing has to be known of all before."""
        if self.penalty.terms or self.updater.clips:
            return super().train(device_rows, batches)
        found: list[Sums] = []
        self.crew.run(self._course(device_rows, batches, found))
        return found

    def _course(
        self, device_rows: DeviceRows, batches: Sequence[Indices], found: list[Sums]
    ) -> Iterator[Stage]:
        """The stages of all batches: between two of them nobody has to be called or waited for."""
        for rows, group in groupby(batches, len):
            lesson, same = self.learner(rows), list(group)
            for start in range(0, len(same), lesson.most):
                yield from lesson.train(device_rows, same[start : start + lesson.most])
                found.extend(lesson.sums())

    def _learner(self, rows: int) -> TrainingStep:
        blocks = Blocks.cut(rows, self.size, self.dtype)
        network = Executor(self.judge.body, self.store, blocks, training=True)
        return TrainingStep(network, self.judge, self.updater)


def block_rows(graph: Graph, dtype: np.dtype[Any]) -> int:
    """How many rows a block has: the more, the smaller the graph's largest image is."""
    shapes = [graph.input_shape, *(node.shape for node in graph.nodes)]
    largest = max((prod(shape) for shape in shapes if len(shape) == 3), default=0)
    if not largest:
        return ROWS
    fitting = BLOCK_BYTES // (largest * dtype.itemsize)
    return int(np.clip(1 << max(fitting, 1).bit_length() - 1, *IMAGES))
