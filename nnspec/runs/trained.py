"""A finished run, opened again on any backend: to evaluate it, and to predict with it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from nnspec.backends import discovery
from nnspec.backends.contract import Array, Program
from nnspec.compute import ComputeConfig
from nnspec.data import splits
from nnspec.data.formats import numpy_files
from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.data.splits import Splits
from nnspec.errors import DataError
from nnspec.graph.compile import compile_spec
from nnspec.graph.ir import Graph
from nnspec.runs.folder import RunFolder
from nnspec.runs.trainer import RunListener, SplitMetrics, evaluate_splits
from nnspec.spec.document import Spec
from nnspec.training.data_checks import check_magnitude, check_shape, checked_rows
from nnspec.training.rule_check import check_rules
from nnspec.training.session import training_setup


class PredictionInput(NamedTuple):
    """What is predicted from."""

    raw: Array
    targets: Array | None  # as they are prepared; None where they are not known


class TrainedRun(NamedTuple):
    """A run's spec, preparation, and a program with its weights."""

    folder: RunFolder
    compute: ComputeConfig
    spec: Spec
    graph: Graph
    preparation: FittedPreprocessing
    program: Program

    @classmethod
    def open(cls, path: Path, compute: ComputeConfig) -> TrainedRun:
        """Read a run folder; a RunError where something in it is missing or damaged."""
        folder = RunFolder.open(path)
        spec = folder.spec()
        compute = compute._replace(seed=spec.train.seed)
        graph = compile_spec(spec)
        weights = folder.weights(graph)  # first: their size says that there is memory for them
        preparation = folder.preparation(spec)
        check_rules(spec, graph, compute)
        program = discovery.build_program(graph, training_setup(spec), compute)
        program.set_weights(weights)
        return cls(folder, compute, spec, graph, preparation, program)

    def evaluate(self, watcher: RunListener) -> SplitMetrics:
        """The figures over the training and the test rows, prepared as in training."""
        return evaluate_splits(self.program, self.parts(), watcher)

    def parts(self) -> Splits:
        """The training, validation and test rows, prepared as in training."""
        return splits.load_splits(self.spec).map(
            lambda table: checked_rows(
                self.preparation.apply(table), self.spec, self.graph, self.compute
            )
        )

    def rows(self, given: str) -> PredictionInput:
        """The rows of `train` or `test`, or those in the file of an array."""
        if given not in ("train", "test"):
            return PredictionInput(numpy_files.load_rows(Path(given)), None)
        table = getattr(splits.load_splits(self.spec), given)
        if table is None:
            raise DataError(f"the spec's data have no {given} rows")
        return PredictionInput(table.inputs, self.preparation.prepared("targets", table.targets))

    def predict(self, raw: Array) -> Array:
        """The network's output for raw inputs."""
        inputs = self.prepared(raw)
        with np.errstate(all="ignore"):
            return self.program.predict(inputs)

    def prepared(self, raw: Array) -> Array:
        """Raw inputs as the network takes them; a DataError where they do not fit it."""
        inputs = self.preparation.prepared("inputs", raw)
        check_shape(inputs, self.graph)
        check_magnitude(inputs, self.compute)
        return inputs
