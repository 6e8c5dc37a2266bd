"""The fast engine: kernels on blocks of rows, run by a thread pool.

The split of a batch into blocks depends on the graph and the number of rows alone, and sums over
blocks are taken in the blocks' order: a run gives the same bits every time, with any number of
threads.
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
from nnspec.backends.numpy.engine_base import DeviceRows, Engine, MetricSums, OptimizerSlots
from nnspec.backends.numpy.evaluation import BatchEvaluator
from nnspec.backends.numpy.fast.blocked_update import BlockedUpdater
from nnspec.backends.numpy.fast.blocks import Blocks
from nnspec.backends.numpy.fast.cpu_threads import single_threaded_blas
from nnspec.backends.numpy.fast.executor import Executor
from nnspec.backends.numpy.fast.inference import InferenceRunner
from nnspec.backends.numpy.fast.threads import Stage, thread_pool
from nnspec.backends.numpy.fast.training_step import TrainingStep
from nnspec.backends.numpy.parameters import ParameterStore
from nnspec.graph.ir import Graph

BLOCK_BYTES = 3 << 20  # about, of a block of the graph's largest images
IMAGES_PER_BLOCK = 16, 32  # minimum and maximum
VECTORS_PER_BLOCK = 64  # in graphs without images


class FastEngine(Engine):
    """Engine that runs kernels on blocks of rows in several threads."""

    def __init__(
        self,
        graph: Graph,
        setup: TrainingSetup | None,
        store: ParameterStore,
        slots: OptimizerSlots,
        workers: int = 0,
    ) -> None:
        super().__init__(graph, store)
        self.graph, self.dtype = graph, store.parameters.flat.dtype
        self.threads, self.block_size = thread_pool(workers), rows_per_block(graph, self.dtype)
        self.prediction_runner = InferenceRunner(graph, store, self.threads, self.block_size)
        if setup:
            self.evaluator = BatchEvaluator(graph, setup)
            self.evaluation_runner = InferenceRunner(
                self.evaluator.training_graph, store, self.threads, self.block_size
            )
            # two sizes of batches: the full ones and the last
            self.training_step = lru_cache(maxsize=2)(self._make_training_step)
            self.updater = BlockedUpdater(setup.optimizer, store, slots)

    def compute_context(self) -> AbstractContextManager[object]:
        """Context in which BLAS computes in the thread that calls it."""
        return single_threaded_blas()

    def predict(self, inputs: Array) -> Array:
        """Output of the network, computed block by block."""
        outputs = np.empty((len(inputs), *self.graph.output_shape), self.dtype)

        def consume(_: int, rows: slice, block_outputs: Array) -> None:
            outputs[rows] = block_outputs

        self.prediction_runner.run(inputs, np.arange(len(inputs)), consume)
        return outputs

    def evaluate(self, device_rows: DeviceRows, batch: Indices) -> MetricSums:
        """Forward pass, then loss and metrics."""
        block_sums: dict[int, MetricSums] = {}

        def consume(number: int, rows: slice, outputs: Array) -> None:
            block_sums[number] = self.evaluator.metric_sums(
                outputs, device_rows.targets[batch[rows]]
            )

        self.evaluation_runner.run(device_rows.inputs, batch, consume)
        in_order = (sums for _, sums in sorted(block_sums.items()))
        return [sum(values) for values in zip(*in_order, strict=True)]

    def loss_and_gradients(self, device_rows: DeviceRows, batch: Indices) -> MetricSums:
        """Forward pass, loss and metrics, backward pass."""
        step = self.training_step(len(batch))
        self.threads.run(step.loss_and_gradients(device_rows, batch))
        return step.sums()[0]

    def update(self) -> None:
        """Update all weights, in parallel tasks."""
        self.updater.begin_update()
        self.updater.clip_gradients()
        self.threads.run([self.updater.update_chains])

    def train(self, device_rows: DeviceRows, batches: Sequence[Indices]) -> list[MetricSums]:
        """Update once per batch; each weight right after its gradient unless clipping needs all."""
        if self.penalty.terms or self.updater.clips_gradients:
            return super().train(device_rows, batches)
        sums: list[MetricSums] = []
        self.threads.run(self._training_stages(device_rows, batches, sums))
        return sums

    def _training_stages(
        self, device_rows: DeviceRows, batches: Sequence[Indices], sums: list[MetricSums]
    ) -> Iterator[Stage]:
        """Stages of all batches in one iterator, so that the pool is entered once."""
        for rows, group in groupby(batches, len):
            step, same = self.training_step(rows), list(group)
            for start in range(0, len(same), step.max_batches):
                yield from step.train(device_rows, same[start : start + step.max_batches])
                sums.extend(step.sums())

    def _make_training_step(self, rows: int) -> TrainingStep:
        blocks = Blocks.split(rows, self.block_size, self.dtype)
        network = Executor(self.evaluator.training_graph, self.store, blocks, training=True)
        return TrainingStep(network, self.evaluator, self.updater)


def rows_per_block(graph: Graph, dtype: np.dtype[Any]) -> int:
    """Number of rows per block: a power of two by the size of the graph's largest image."""
    shapes = [graph.input_shape, *(node.shape for node in graph.nodes)]
    largest = max((prod(shape) for shape in shapes if len(shape) == 3), default=0)
    if not largest:
        return VECTORS_PER_BLOCK
    fitting = BLOCK_BYTES // (largest * dtype.itemsize)
    return int(np.clip(1 << max(fitting, 1).bit_length() - 1, *IMAGES_PER_BLOCK))
