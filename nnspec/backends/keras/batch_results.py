"""Rows on the device, and what an engine computes of their batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.contract import BatchMetrics, Indices, TrainingSetup
from nnspec.backends.host_metrics import HostMetrics
from nnspec.backends.keras.engines.base import Results
from nnspec.backends.keras.rows import Rows


class DeviceRows(NamedTuple):
    """Rows on the device, and the targets of the outputs with metrics on the host."""

    rows: Rows
    host_targets: dict[str, Array]

    def take(self, batch: Indices) -> dict[str, Array]:
        """The targets of a batch on the host."""
        return {output: targets[batch] for output, targets in self.host_targets.items()}


class BatchResults:
    """Results of batches, chunk by chunk: sums over rows, and the states of metrics on the host."""

    def __init__(self, setup: TrainingSetup) -> None:
        self.names, self.host = setup.sum_names, HostMetrics(setup)
        self.rows: list[int] = []
        self.sums = [np.empty((0, len(self.names)))]

    def add(self, device_rows: DeviceRows, batches: Sequence[Indices], results: Results) -> None:
        """Add the results of the batches of a chunk."""
        sums, *predictions = results
        self.sums.append(sums)
        for index, batch in enumerate(batches):
            self.rows.append(len(batch))
            if predictions:
                now = (values[index] for values in predictions)
                by_output = dict(zip(self.host.outputs, now, strict=True))
                self.host.update(by_output, device_rows.take(batch))

    def metrics(self) -> BatchMetrics:
        """The metrics of all batches."""
        columns = np.concatenate(self.sums).T
        sums = dict(zip(self.names, columns, strict=True))
        return BatchMetrics(tuple(self.rows), sums, self.host.states)
