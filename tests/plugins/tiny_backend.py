"""A plug-in as a package would install it: two backends on top of NumPy's programs."""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array, Arrays, row_count
from nnspec.backends.contract import Backend, BatchMetrics, Program, TrainingSetup, Weights
from nnspec.backends.numpy.program import NumpyProgram
from nnspec.compute import ComputeConfig
from nnspec.graph.ir import Graph


class _RowByRow(NumpyProgram):
    """Predicts each row on its own."""

    def predict_outputs(self, inputs: Arrays) -> dict[str, Array]:
        predict, rows = super().predict_outputs, range(row_count(inputs))
        portions = [predict({n: x[i : i + 1] for n, x in inputs.items()}) for i in rows]
        return {name: np.concatenate([y[name] for y in portions]) for name in portions[0]}


class _Wrong(NumpyProgram):
    """Forgets a little of every gradient, and ends with weights a float32 step too large."""

    def gradients(self, device_rows: object, batch: Array) -> Weights:
        return {k: g * (1 - 3e-8) for k, g in super().gradients(device_rows, batch).items()}

    def train(self, *arguments: object) -> BatchMetrics:
        metrics = super().train(*arguments)
        self.set_weights({k: w * (1 + 2.0**-23) for k, w in self.weights().items()})
        return metrics


class TinyBackend(Backend):
    name, program = "tiny", _RowByRow

    def build(self, graph: Graph, setup: TrainingSetup | None, compute: ComputeConfig) -> Program:
        return self.program(graph, setup, compute)

    def versions(self) -> dict[str, str]:
        return {"tiny": "1.0"}


class WrongBackend(TinyBackend):
    name, program = "wrong", _Wrong
