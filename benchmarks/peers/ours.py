"""nnspec: the steps that `nnspec run` makes, as its training loop makes them.

Batches, their order and the figures are the loop's own; so is the size of a chunk, about a tenth
of a second. The process has the environment that the `nnspec` command sets.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from itertools import count, islice

import numpy as np

from benchmarks.networks import NETWORKS
from nnspec.backends.contract import Array, BatchMetrics, Indices
from nnspec.backends.discovery import find
from nnspec.compute import ComputeConfig
from nnspec.graph.compile import compile_spec
from nnspec.randomness import initial_weights
from nnspec.training.loop import epoch_batches
from nnspec.training.session import training_setup

CHUNK_SECONDS = 0.1


class Contestant:
    """A program on the backend that `option` names."""

    def __init__(self, network: str, batch_size: int, option: str) -> None:
        gc.set_threshold(100_000)  # as the command sets it
        spec = NETWORKS[network]()
        assert spec.train.batch_size == batch_size  # noqa: S101
        self.setup = spec.train
        graph = compile_spec(spec)
        self.program = find(option).build(graph, training_setup(spec), ComputeConfig(option))
        self.program.set_weights(initial_weights.initial_weights(graph, 0))

    def place(self, x: Array, y: Array) -> None:
        self.device_rows = self.program.upload(x, np.eye(10, dtype=np.float32)[y])
        self.batches = self._batches(len(x))
        self.chunk = 1

    def _batches(self, rows: int) -> Iterator[Indices]:
        for epoch in count(1):
            yield from epoch_batches(rows, self.setup, epoch)

    def train(self, steps: int) -> None:
        figures: list[BatchMetrics] = []
        while steps:
            part = list(islice(self.batches, min(self.chunk, steps)))
            started = time.perf_counter()
            figures.append(self.program.train(self.device_rows, part))
            each = (time.perf_counter() - started) / len(part)
            self.means = BatchMetrics.join(figures).means
            self.chunk = max(1, min(2 * self.chunk, int(CHUNK_SECONDS / each)))
            steps -= len(part)

    def show(self, x: Array) -> None:
        self.shown = x

    def predict(self) -> Array:
        return self.program.predict(self.shown)
