"""Least squares as a program: one update solves for the weights, whatever the backend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from nnspec.backends.contract import Array, BatchMetrics, Indices, Program, State, Weights
from nnspec.components.losses.base import Loss
from nnspec.compute import Precision
from nnspec.errors import DataError
from nnspec.graph import linear_model
from nnspec.graph.ir import Graph
from nnspec.training.least_squares.quadratic import Quadratic


class DeviceRows(NamedTuple):
    """Rows where the backend computes, and here, where they are solved for."""

    there: Any
    inputs: Array
    targets: Array


class LeastSquaresProgram(Program):
    """A backend's program, but that an update goes to the smallest loss over the batch's rows."""

    def __init__(self, program: Program, graph: Graph, loss: Loss, precision: Precision) -> None:
        layer = linear_model.linear_layer(graph)
        if layer is None:
            raise TypeError(f"{graph.name} is no linear model")
        self.program, self.layer, self.loss = program, layer, loss
        self.rounds = precision == "exact"
        self.native = program.native

    def train(self, device_rows: DeviceRows, batches: Sequence[Indices]) -> BatchMetrics:
        """The solution for each batch in turn; figures as they were before it."""
        return BatchMetrics.join([self._solved(device_rows, batch) for batch in batches])

    def _solved(self, device_rows: DeviceRows, batch: Indices) -> BatchMetrics:
        figures = self.program.evaluate(device_rows.there, [batch])
        rows = np.sort(batch)  # their order, which shuffling changes, would change the last bits
        quadratic = Quadratic.of(
            self.layer, self.loss, device_rows.inputs[rows], device_rows.targets[rows]
        )
        weights = _minimum(quadratic)
        if self.rounds:
            weights = {name: w.astype(np.float32).astype(w.dtype) for name, w in weights.items()}
        self.program.set_weights(weights)
        self.program.set_state(State(self.program.state().step + 1, {}))
        return figures

    def upload(self, inputs: Array, targets: Array) -> DeviceRows:
        """The rows, on both sides."""
        return DeviceRows(self.program.upload(inputs, targets), inputs, targets)

    def evaluate(self, device_rows: DeviceRows, batches: Sequence[Indices]) -> BatchMetrics:
        """The backend's."""
        return self.program.evaluate(device_rows.there, batches)

    def gradients(self, device_rows: DeviceRows, batch: Indices) -> Weights:
        """The backend's."""
        return self.program.gradients(device_rows.there, batch)

    def predict(self, inputs: Array) -> Array:
        """The backend's."""
        return self.program.predict(inputs)

    def weights(self) -> Weights:
        """The backend's."""
        return self.program.weights()

    def set_weights(self, weights: Mapping[str, Array]) -> None:
        """The backend's."""
        self.program.set_weights(weights)

    def state(self) -> State:
        """The solutions made; there are no slots."""
        return self.program.state()

    def set_state(self, state: State) -> None:
        """Overwrite the number of solutions."""
        self.program.set_state(state)


def _minimum(quadratic: Quadratic) -> Weights:
    try:
        return quadratic.minimum()
    except np.linalg.LinAlgError:
        raise DataError("least_squares finds no solution", "scale the data") from None
