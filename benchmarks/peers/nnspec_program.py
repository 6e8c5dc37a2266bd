"""nnspec: training steps as the loop of `nnspec run` makes them.

Batches, their order, the metrics and the size of a chunk (about 0.1 s) are those of the loop; the
process has the environment that the `nnspec` command sets.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from itertools import count, islice

import numpy as np

from benchmarks.networks import NETWORKS
from nnspec.backends.contract import Array, BatchMetrics, Indices
from nnspec.backends.discovery import build_program
from nnspec.compute import ComputeConfig
from nnspec.graph.compile import compile_spec
from nnspec.randomness import initial_weights
from nnspec.training.sampling import pass_batches
from nnspec.training.session import training_setup

CHUNK_SECONDS = 0.1


class Peer:
    """A program on the backend that `option` names."""

    def __init__(self, network: str, batch_size: int, option: str) -> None:
        gc.set_threshold(100_000)  # as the command sets it
        spec = NETWORKS[network]()
        assert spec.train.batch_size == batch_size  # noqa: S101
        self.train_options = spec.train
        graph = compile_spec(spec)
        self.program = build_program(graph, training_setup(spec, graph), ComputeConfig(option))
        self.program.set_weights(initial_weights.initial_weights(graph, 0))

    def load_training(self, x: Array, y: Array) -> None:
        self.device_rows = self.program.upload(x, np.eye(10, dtype=np.float32)[y])
        self.batches = self._batches(len(x))
        self.chunk_size = 1

    def _batches(self, rows: int) -> Iterator[Indices]:
        for epoch in count(1):
            yield from pass_batches(rows, self.train_options, epoch)

    def train(self, steps: int) -> None:
        metrics: list[BatchMetrics] = []
        while steps:
            chunk = list(islice(self.batches, min(self.chunk_size, steps)))
            started = time.perf_counter()
            metrics.append(self.program.train(self.device_rows, chunk))
            step_seconds = (time.perf_counter() - started) / len(chunk)
            self.results = BatchMetrics.join(metrics).results
            self.chunk_size = max(1, min(2 * self.chunk_size, int(CHUNK_SECONDS / step_seconds)))
            steps -= len(chunk)

    def load_inputs(self, x: Array) -> None:
        self.inputs = x

    def predict(self) -> Array:
        return self.program.predict(self.inputs)
