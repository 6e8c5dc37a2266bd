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

import numpy as np

from nnspec.backends.arrays import Array, Arrays, row_count
from nnspec.backends.contract import (
    Indices,
    Rates,
    TrainingSetup,
    require_setup,
    value_dtype,
)
from nnspec.backends.host_metrics import HostMetrics
from nnspec.backends.numpy.engine_base import (
    DeviceRows,
    Engine,
    MetricSums,
    OptimizerSlots,
    take_rows,
)
from nnspec.backends.numpy.evaluation import BatchEvaluator
from nnspec.backends.numpy.fast.block_size import balanced_rows_per_block, rows_per_block
from nnspec.backends.numpy.fast.blocked_update import BlockedUpdater
from nnspec.backends.numpy.fast.blocks import Blocks
from nnspec.backends.numpy.fast.cpu_threads import single_threaded_blas
from nnspec.backends.numpy.fast.executor import Executor
from nnspec.backends.numpy.fast.inference import InferenceRunner, Outputs
from nnspec.backends.numpy.fast.memory import KeptMemory
from nnspec.backends.numpy.fast.threads import Stage, thread_pool
from nnspec.backends.numpy.fast.training_step import TrainingStep
from nnspec.backends.numpy.parameters import ParameterStore
from nnspec.graph.ir import Graph


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
        super().__init__(graph, setup, store)
        self.dtype = store.parameters.flat.dtype
        self.threads, self.block_size = thread_pool(workers), rows_per_block(graph, self.dtype)
        self.prediction_runner = self._inference_runner(graph)
        if setup:
            self.evaluator = BatchEvaluator(graph, setup)
            self.evaluation_runner = self._inference_runner(self.evaluator.training_graph)
            # two sizes of batches, the full ones and the last; of parts of them, three
            sizes = 3 if setup.micro_batch else 2
            self.training_step = lru_cache(maxsize=sizes)(self._make_training_step)
            self.updater = BlockedUpdater(setup.optimizer, store, slots)

    def compute_context(self) -> AbstractContextManager[object]:
        """Context in which BLAS computes in the thread that calls it."""
        return single_threaded_blas()

    def predict(self, inputs: Arrays) -> dict[str, Array]:
        """Outputs of the network, computed block by block."""
        rows, shapes = row_count(inputs), self.graph.specs
        outputs = {
            name: np.empty((rows, *shapes[value].shape), value_dtype(self.graph, value, self.dtype))
            for name, value in self.graph.outputs.items()
        }

        def consume(_: int, span: slice, block_outputs: Outputs) -> None:
            for name, values in block_outputs.items():
                outputs[name][span] = values

        self.prediction_runner.run(inputs, np.arange(rows), consume)
        return outputs

    def evaluate(self, device_rows: DeviceRows, batch: Indices, host: HostMetrics) -> MetricSums:
        """Forward pass, then losses and metrics."""
        block_sums: dict[int, MetricSums] = {}
        predictions: dict[int, Outputs] = {}

        def consume(number: int, span: slice, outputs: Outputs) -> None:
            rows = device_rows._replace(inputs={}).batch(batch[span])
            block_sums[number] = self.evaluator.metric_sums(outputs, rows)
            if host.outputs:
                block = self.evaluator.predictions(outputs)
                predictions[number] = {name: values.copy() for name, values in block.items()}

        self.evaluation_runner.run(device_rows.inputs, batch, consume)
        if host.outputs:
            in_order = [block for _, block in sorted(predictions.items())]
            joined = {n: np.concatenate([block[n] for block in in_order]) for n in host.outputs}
            host.update(joined, take_rows(device_rows.targets, batch))
        sums = (block for _, block in sorted(block_sums.items()))
        return [sum(values) for values in zip(*sums, strict=True)]

    def loss_and_gradients(
        self, device_rows: DeviceRows, batch: Indices, host: HostMetrics
    ) -> MetricSums:
        """Forward pass, losses and metrics, backward pass."""
        step = self.training_step(len(batch))
        self.threads.run(step.loss_and_gradients(device_rows, batch))
        return step.sums(host)[0]

    def update(self, rate: float) -> None:
        """Update all weights, in parallel tasks."""
        self.updater.begin_update(rate)
        if self.updater.accumulate():
            self.updater.clip_gradients()
            self.threads.run([self.updater.update_chains])
        self.updater.average.update(self.updater.step)

    def train(
        self, device_rows: DeviceRows, batches: Sequence[Indices], rates: Rates, host: HostMetrics
    ) -> list[MetricSums]:
        """Update once per batch; each weight right after its gradient unless all are needed."""
        if self._needs_all_gradients:
            return super().train(device_rows, batches, rates, host)
        sums: list[MetricSums] = []
        self.threads.run(self._training_stages(device_rows, batches, rates, host, sums))
        return sums

    @property
    def _needs_all_gradients(self) -> bool:
        """Whether no weight can be updated before all gradients are complete."""
        splits = require_setup(self.setup).micro_batch is not None
        return bool(self.penalty.terms) or self.updater.needs_all_gradients or splits

    def _training_stages(
        self, device_rows: DeviceRows, batches: Sequence[Indices], rates: Rates,
        host: HostMetrics, sums: list[MetricSums],
    ) -> Iterator[Stage]:  # fmt: skip
        """Stages of all batches in one iterator, so that the pool is entered once."""
        pairs = zip(batches, rates, strict=True)
        for rows, group in groupby(pairs, lambda pair: len(pair[0])):
            step, same = self.training_step(rows), list(group)
            for start in range(0, len(same), step.max_batches):
                some = same[start : start + step.max_batches]
                yield from step.train(device_rows, [b for b, _ in some], [r for _, r in some])
                sums.extend(step.sums(host))

    def _inference_runner(self, graph: Graph) -> InferenceRunner:
        return InferenceRunner(graph, self.store, self.threads, self.block_size)

    def _make_training_step(self, rows: int) -> TrainingStep:
        size = balanced_rows_per_block(rows, self.block_size)
        blocks = Blocks.split(rows, size, self.dtype, KeptMemory())
        network = Executor(self.evaluator.training_graph, self.store, blocks, caches=None)
        return TrainingStep(network, self.evaluator, self.updater)
