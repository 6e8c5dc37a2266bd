"""Program wrapper that trains a linear model by the closed-form least-squares solution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from nnspec.backends.arrays import Array, Arrays, only
from nnspec.backends.contract import (
    BatchMetrics,
    Indices,
    Program,
    Rates,
    State,
    TrainingSetup,
    Weights,
)
from nnspec.compute import Precision
from nnspec.errors import DataError
from nnspec.graph import linear_model
from nnspec.graph.ir import Graph
from nnspec.training.least_squares.quadratic import Quadratic


class DeviceRows(NamedTuple):
    """Rows on the backend's device, and the same rows as host arrays for the solver."""

    on_device: Any
    inputs: Array
    targets: Array
    weights: Array | None  # (rows), of the loss of each row


class LeastSquaresProgram(Program):
    """A backend's program whose update sets the weights that minimize the batch's loss."""

    def __init__(
        self, program: Program, graph: Graph, setup: TrainingSetup, precision: Precision
    ) -> None:
        layer = linear_model.linear_layer(graph)
        if layer is None:
            raise TypeError(f"{graph.name} is no linear model")
        self.program, self.graph, self.setup = program, graph, setup
        self.layer, self.loss = layer, setup.objectives[0].loss
        self.round_to_float32 = precision == "exact"
        self.native = program.native

    def train(
        self, device_rows: DeviceRows, batches: Sequence[Indices], rates: Rates | None = None
    ) -> BatchMetrics:
        """Solve for each batch in turn; metrics as they were before each solution.

        There is no learning rate, so `rates` must be None.
        """
        if rates is not None:
            raise TypeError("a closed form has no learning rate")
        return BatchMetrics.join([self._solve(device_rows, batch) for batch in batches])

    def _solve(self, device_rows: DeviceRows, batch: Indices) -> BatchMetrics:
        metrics = self.program.evaluate(device_rows.on_device, [batch])
        rows = np.sort(batch)  # the order of a shuffled batch would change the last bits
        given = device_rows.weights
        quadratic = Quadratic.of(
            self.layer, self.loss, device_rows.inputs[rows], device_rows.targets[rows],
            None if given is None else given[rows],
        )  # fmt: skip
        weights = _minimize(quadratic)
        if self.round_to_float32:
            weights = {name: w.astype(np.float32).astype(w.dtype) for name, w in weights.items()}
        self.program.set_weights(weights)
        self.program.set_state(State(self.program.state().step + 1, {}))
        return metrics

    def upload_rows(self, inputs: Arrays, targets: Arrays, weights: Arrays) -> DeviceRows:
        """Upload the rows to the device, and keep them on the host."""
        uploaded = self.program.upload_rows(inputs, targets, weights)
        return DeviceRows(uploaded, only(inputs), only(targets), next(iter(weights.values()), None))

    def evaluate(self, device_rows: DeviceRows, batches: Sequence[Indices]) -> BatchMetrics:
        """The backend program's metrics."""
        return self.program.evaluate(device_rows.on_device, batches)

    def gradients(self, device_rows: DeviceRows, batch: Indices) -> Weights:
        """The backend program's gradients."""
        return self.program.gradients(device_rows.on_device, batch)

    def predict_outputs(self, inputs: Arrays) -> dict[str, Array]:
        """The backend program's predictions."""
        return self.program.predict_outputs(inputs)

    def weights(self) -> Weights:
        """The backend program's weights."""
        return self.program.weights()

    def set_weights(self, weights: Mapping[str, Array]) -> None:
        """Replace the backend program's weights."""
        self.program.set_weights(weights)

    def state(self) -> State:
        """Optimizer state: `step` is the number of solves; no slots."""
        return self.program.state()

    def set_state(self, state: State) -> None:
        """Replace the number of solutions."""
        self.program.set_state(state)


def _minimize(quadratic: Quadratic) -> Weights:
    """The minimizing weights; a DataError if the solver does not converge."""
    try:
        return quadratic.minimize()
    except np.linalg.LinAlgError:
        raise DataError("least_squares finds no solution", "scale the data") from None
