"""The loss as a function of one or two weights, computed by a program on any backend."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnspec.analysis.loss_surface.coordinates import Coordinate
from nnspec.backends.contract import Array, Indices, Weights, batches_of
from nnspec.training.loop import EVALUATION_ROWS
from nnspec.training.session import TrainingSession


class Objective:
    """The mean loss over the training rows at a point; the other weights keep their first values.

    Points are float64 and are rounded to the program's precision.
    """

    def __init__(self, job: TrainingSession, coordinates: Sequence[Coordinate]) -> None:
        train = job.splits.train
        self.program, self.coordinates = job.program, coordinates
        self.device_rows = self.program.upload(train.inputs, train.targets)
        self.rows = train.rows
        self.batches = batches_of(train.rows, EVALUATION_ROWS)
        self.weights = self.program.weights()
        self.start = self._read(self.weights)

    def loss(self, point: Array) -> float:
        """The loss as it is evaluated: without dropout or any other noise."""
        with np.errstate(all="ignore"):
            self._stand(point)
            return self.program.evaluate(self.device_rows, self.batches).means["loss"]

    def gradient(self, point: Array, batch: Indices | None = None) -> Array:
        """The gradient of a batch's loss, or of all rows: the mean of the batches' gradients."""
        batches = self.batches if batch is None else [batch]
        rows = sum(map(len, batches))
        with np.errstate(all="ignore"):
            self._stand(point)
            parts = [len(b) / rows * self._read(self.program.gradients(self.device_rows, b))
                     for b in batches]  # fmt: skip
        return np.sum(parts, axis=0)

    def _stand(self, point: Array) -> None:
        for (weight, index), value in zip(self.coordinates, point, strict=True):
            self.weights[weight][index] = value
        self.program.set_weights(self.weights)

    def _read(self, weights: Weights) -> Array:
        return np.array([weights[name][index] for name, index in self.coordinates], np.float64)
