"""A trained run, reopened on any backend for evaluation and prediction."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nnspec.backends import discovery
from nnspec.backends.arrays import Array, Values, named, only
from nnspec.backends.contract import Program
from nnspec.compute import ComputeConfig
from nnspec.data.formats import numpy_files
from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.data.preprocessing.number_types import FloatTypes
from nnspec.data.row_origin import GIVEN, RowOrigin
from nnspec.data.splits import Splits, load_splits, unlabelled_test
from nnspec.errors import DataError
from nnspec.graph.compile import compile_spec
from nnspec.graph.ir import Graph
from nnspec.runs.folder import RunFolder
from nnspec.runs.trainer import RunListener, SplitMetrics, evaluate_splits
from nnspec.spec.document import Spec
from nnspec.training.data_checks import checked_inputs
from nnspec.training.prepared_rows import prepared_rows
from nnspec.training.rule_check import check_rules
from nnspec.training.session import training_setup


class PredictionInput(NamedTuple):
    """Raw rows to predict from, and their preprocessed targets."""

    raw: Values
    targets: Values | None  # preprocessed; None if unknown
    origin: RowOrigin = GIVEN


class TrainedRun(NamedTuple):
    """A run's spec, graph, fitted preprocessing, and a program with its weights."""

    folder: RunFolder
    compute: ComputeConfig
    spec: Spec
    graph: Graph
    preprocessing: FittedPreprocessing
    program: Program

    @classmethod
    def open(cls, path: Path, compute: ComputeConfig) -> TrainedRun:
        """Read a run folder; a RunError if a file in it is missing or damaged."""
        folder = RunFolder.open(path)
        spec = folder.spec()
        compute = compute._replace(seed=spec.train.seed)
        graph = compile_spec(spec)
        weights = folder.weights(
            graph
        )  # before the program is built: a file of this size fits into memory
        preprocessing = folder.preprocessing(spec)
        check_rules(spec, graph, compute)
        program = discovery.build_program(graph, training_setup(spec, graph), compute)
        program.set_weights(weights)
        return cls(folder, compute, spec, graph, preprocessing, program)

    def evaluate(self, listener: RunListener) -> SplitMetrics:
        """The loss and the metrics over the preprocessed training and test rows."""
        return evaluate_splits(self.program, self.splits(), listener)

    def splits(self) -> Splits:
        """The training, validation and test rows, preprocessed as in training."""
        return load_splits(self.spec).map(
            lambda rows: prepared_rows(
                rows, self.preprocessing, self.spec, self.graph, self.compute
            )
        )

    def rows(self, source: str) -> PredictionInput:
        """The raw rows of the split `train` or `test`, or of a NumPy file.

        Several inputs are arrays of their names in an .npz file.
        """
        if source not in ("train", "test"):
            origin = RowOrigin(arrays={"inputs": Path(source).name})
            return PredictionInput(self._read_file(Path(source)), None, origin)
        rows = getattr(load_splits(self.spec), source)
        if rows is None and source == "test" and (inputs := unlabelled_test(self.spec)) is not None:
            return PredictionInput(inputs, None, RowOrigin("test"))
        if rows is None:
            raise DataError(f"the spec's data have no {source} rows")
        targets = self.preprocessing.prepared("targets", rows.targets, origin=rows.origin)
        return PredictionInput(rows.inputs, targets, rows.origin)

    def _read_file(self, path: Path) -> Values:
        pipelines = self.preprocessing.inputs
        if isinstance(pipelines, Mapping) and len(pipelines) > 1:
            return numpy_files.load_named(path, pipelines)
        return numpy_files.load_rows(path)

    def predict(self, raw: Values) -> Array:
        """The only output for raw inputs; a DataError if the network has several."""
        return only(self.predict_outputs(raw))

    def predict_outputs(self, raw: Values, origin: RowOrigin = GIVEN) -> dict[str, Array]:
        """Each output by its name, for raw inputs; `origin` is what messages say of the rows."""
        inputs = named(self.prepared(raw, origin), self.graph.inputs)
        with np.errstate(all="ignore"):
            return self.program.predict_outputs(inputs)

    def prepared(self, raw: Values, origin: RowOrigin = GIVEN) -> Values:
        """Preprocessed inputs; a DataError if they do not fit the network."""
        floats = FloatTypes.in_network(self.spec, self.graph, self.compute)
        inputs = self.preprocessing.prepared("inputs", raw, floats, origin)
        return checked_inputs(inputs, self.graph, self.compute, origin=origin)
