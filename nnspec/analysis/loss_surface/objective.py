"""The loss as a function of one or two weights, computed by a program on any backend."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nnspec.analysis.loss_surface.coordinates import Coordinate
from nnspec.backends.arrays import Array
from nnspec.backends.contract import Indices, Weights, batches_of
from nnspec.data.dataset import in_memory
from nnspec.training.loop import EVALUATION_ROWS
from nnspec.training.session import TrainingSession


class Objective:
    """Mean training loss as a function of a point; the other weights keep their initial values.

    Rows are as they are evaluated, none of them augmented. Points (coordinates,) are float64 and
    rounded to the program's precision.
    """

    def __init__(self, session: TrainingSession, coordinates: Sequence[Coordinate]) -> None:
        train = in_memory(session.splits.train)
        self.program, self.coordinates = session.program, coordinates
        self.device_rows = self.program.upload(train.inputs, train.targets, session.balance.weights)
        self.rows, self.classes = train.rows, session.balance.classes
        self.batches = batches_of(train.rows, EVALUATION_ROWS)
        self.weights = self.program.weights()
        self.start = self._components(self.weights)

    def loss(self, point: Array) -> float:
        """The evaluation loss at a point: without dropout or other noise."""
        with np.errstate(all="ignore"):
            self._set_point(point)
            return self.program.evaluate(self.device_rows, self.batches).results["loss"]

    def gradient(self, point: Array, batch: Indices | None = None) -> Array:
        """Gradient of the mean loss of a batch, or of all rows if `batch` is None."""
        batches = self.batches if batch is None else [batch]
        rows = sum(map(len, batches))
        with np.errstate(all="ignore"):
            self._set_point(point)
            terms = [len(b) / rows * self._components(self.program.gradients(self.device_rows, b))
                     for b in batches]  # fmt: skip
        return np.sum(terms, axis=0)

    def _set_point(self, point: Array) -> None:
        for (weight, index), value in zip(self.coordinates, point, strict=True):
            self.weights[weight][index] = value
        self.program.set_weights(self.weights)

    def _components(self, weights: Weights) -> Array:
        return np.array([weights[name][index] for name, index in self.coordinates], np.float64)
