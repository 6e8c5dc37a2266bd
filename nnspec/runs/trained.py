"""A trained run, reopened on any backend for evaluation and prediction."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nnspec.backends import discovery
from nnspec.backends.arrays import Array, Values, named, only
from nnspec.backends.contract import Program
from nnspec.compute import ComputeConfig, with_spec_seed
from nnspec.data.dataset import PreparedSplits
from nnspec.data.formats import numpy_files
from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.data.row_origin import GIVEN, PART_NAMES, RowOrigin
from nnspec.data.rows import Rows
from nnspec.data.splits import Splits, unlabelled_test
from nnspec.errors import DataError, check_type
from nnspec.graph.compile import compile_spec
from nnspec.graph.ir import INPUT, Graph
from nnspec.runs.chosen_checkpoint import CheckpointName, chosen_weights
from nnspec.runs.evaluation import evaluate_splits
from nnspec.runs.folder import OnNote, RunFolder, ignore
from nnspec.runs.image_rows import read_image_rows
from nnspec.runs.listener import RunListener
from nnspec.runs.raw_rows import to_values
from nnspec.runs.report import SplitMetrics
from nnspec.runs.row_shapes import check_row_shapes
from nnspec.runs.run_data import RunData, read_run_data
from nnspec.runs.table_rows import TableColumns, without_metrics
from nnspec.spec.document import Spec
from nnspec.spec.loader import to_path
from nnspec.training.behaviour.trained_model import BehaviourData, TrainedModel
from nnspec.training.data_checks import checked_inputs, checked_rows
from nnspec.training.loop import evaluate
from nnspec.training.preparation import Preparation
from nnspec.training.rule_check import check_rules
from nnspec.training.session import training_setup

_NUMPY, _SILENT = ComputeConfig(), RunListener()


class PredictionInput(NamedTuple):
    """Raw rows to predict from, and their preprocessed targets."""

    raw: Values
    targets: Values | None  # preprocessed; None if unknown
    origin: RowOrigin = GIVEN  # what messages say of the rows
    files: tuple[str, ...] = ()  # of each row, where each is an image in a file


class TrainedRun(NamedTuple):
    """A run's spec, graph, fitted preprocessing, and a program with its weights."""

    folder: RunFolder
    compute: ComputeConfig
    spec: Spec
    graph: Graph
    preprocessing: FittedPreprocessing
    program: Program

    @classmethod
    def open(
        cls, path: str | PathLike[str], compute: ComputeConfig = _NUMPY, on_note: OnNote = ignore,
        checkpoint: CheckpointName | None = None,
    ) -> TrainedRun:  # fmt: skip
        """Open a run folder, or the newest that finished in a folder of numbered runs.

        On NumPy in float32 unless `compute` says otherwise, wherever it was trained. `on_note` is
        called with what is odd about the run, in words. Its weights are those at its end, or of
        a `checkpoint`: `best`, or the step after which one is kept. Raises RunError if the run has
        diverged, or a file of it is missing or damaged.
        """
        folder = RunFolder.open_trained(to_path(path, "a run"), on_note)
        return cls.load(folder, compute, checkpoint)

    @classmethod
    def load(
        cls, folder: RunFolder, compute: ComputeConfig, checkpoint: CheckpointName | None = None
    ) -> TrainedRun:
        """Read the files of a run, and build its program; its data are not read."""
        if checkpoint is None:
            folder.start_reading_weights()
        spec = folder.spec()
        compute = with_spec_seed(compute, spec.train.seed)
        graph = compile_spec(spec)
        preprocessing = folder.preprocessing(spec)
        weights = chosen_weights(folder, spec, graph, checkpoint)  # as large as the program
        check_rules(spec, graph, compute)
        setup = training_setup(spec, graph) if spec.loss and spec.optimizer else None
        program = discovery.build_program(graph, setup, compute)
        program.set_weights(weights)
        return cls(folder, compute, spec, graph, preprocessing, program)

    def evaluate(self, listener: RunListener = _SILENT) -> SplitMetrics:
        """The loss and the metrics over the preprocessed training and test rows."""
        check_type(listener, RunListener)
        return self.evaluate_on(self.data().splits, listener)

    def evaluate_on(self, raw: Splits, listener: RunListener) -> SplitMetrics:
        """The loss and the metrics over raw training and test rows."""
        check_type(listener, RunListener)
        check_type(raw, Splits)
        return evaluate_splits(self.program, self.prepared_splits(raw), listener)

    def prepared_splits(self, raw: Splits) -> PreparedSplits:
        """The prepared rows of each part whose figures are reported.

        Those of validation are where the spec expects some.
        """
        rows, expect = self._preparation().rows, self.spec.expect
        held_out = raw.validation if expect and expect.validation else None
        train = rows(raw.train)
        validation, test = (part and rows(part) for part in (held_out, raw.test))
        return PreparedSplits(train, validation, test)

    def model(self, raw: Splits, splits: PreparedSplits) -> TrainedModel:
        """The network, and rows with which its behaviour can be tested."""
        preparation = self._preparation()
        data = BehaviourData(self.spec, self.graph, self.compute, preparation, raw, splits)
        return TrainedModel(data, self.program)

    def data(self) -> RunData:
        """The raw rows of the run's data, and whether they have changed since the run."""
        return read_run_data(self.folder, self.spec)

    def splits(self) -> Splits:
        """The training, validation and test rows, preprocessed as in training."""
        return self.data().splits.map(self._preparation().rows_in_memory)

    def _preparation(self) -> Preparation:
        return Preparation(self.preprocessing, self.spec, self.graph, self.compute)

    def rows(self, source: str) -> PredictionInput:
        """The raw rows of the split `train` or `test`, of a file, or of a folder of images.

        Several inputs are arrays of their names in an .npz file. Of a run over a table the file
        is one, such as CSV, whose columns stand in any order; those of the targets may lack, or
        hold what cannot be prepared: then a note says so.
        """
        if source in ("train", "test"):
            return self.split_rows(self.data().splits, source)
        path = to_path(source, "a file of rows")
        table, images = self.table, read_image_rows(path, self.spec, self.graph)
        if images is not None:
            return PredictionInput(images.pixels, None, self._array_names(path), images.files)
        if table is None:
            return PredictionInput(self._read_file(path), None, self._array_names(path))
        rows = table.read(path, self.folder.on_note)
        return PredictionInput(
            rows.inputs, self._known_targets(rows.targets, rows.origin), rows.origin
        )

    @property
    def table(self) -> TableColumns | None:
        """The columns that the run was trained on; None where its source is no table."""
        return TableColumns.of(self.spec)

    def metrics(self, rows: PredictionInput) -> dict[str, float]:
        """The loss and the metrics over rows with targets, as `evaluate` computes them."""
        if rows.targets is None:
            raise DataError("the rows have no targets, so there are no metrics")
        inputs = self._preparation().prepared("inputs", rows.raw, rows.origin)
        prepared = Rows(inputs, rows.targets, rows.origin)
        return evaluate(self.program, checked_rows(prepared, self.spec, self.graph, self.compute))

    def _targets(self, raw: Values | None, origin: RowOrigin) -> Values | None:
        if raw is None:
            return None
        return self._preparation().prepared("targets", raw, origin)

    def _known_targets(self, raw: Values | None, origin: RowOrigin) -> Values | None:
        """The prepared targets of new rows; None where one cannot be prepared."""
        try:
            return self._targets(raw, origin)
        except DataError as error:
            self.folder.on_note(without_metrics(error.problems[0].message))
            return None

    def _array_names(self, path: Path) -> RowOrigin:
        """What messages say of the rows of a NumPy file."""
        return RowOrigin(
            arrays={"inputs": path.name, **{n: f"{n} in {path.name}" for n in self.graph.inputs}}
        )

    def split_rows(self, raw: Splits, split: str) -> PredictionInput:
        """The rows of `train` or `test` among raw splits."""
        rows = getattr(raw, split)
        inputs = unlabelled_test(self.spec) if rows is None and split == "test" else None
        if inputs is not None:
            return PredictionInput(inputs, None, RowOrigin(PART_NAMES[split]))
        if rows is None:
            raise DataError(f"the spec's data have no {split} rows")
        return PredictionInput(rows.inputs, self._targets(rows.targets, rows.origin), rows.origin)

    def _read_file(self, path: Path) -> Values:
        names = self.preprocessing.inputs or self.graph.inputs
        if len(names) > 1:
            return numpy_files.load_named(path, names)
        return numpy_files.load_rows(path)

    def predict(self, raw: Any) -> Array:
        """The only output for raw inputs; a DataError if the network has several.

        Inputs are an array or nested lists with an item a row, such as `[[1, 2]]`; several are a
        map from their names. Of a run over a table they are its columns: a map from their names
        to lists or arrays, or a data frame of any library.
        """
        return only(self.predict_outputs(raw))

    def predict_outputs(self, raw: Any, origin: RowOrigin = GIVEN) -> dict[str, Array]:
        """Each output by its name, for raw inputs as `predict` takes them.

        `origin` is what messages say of the rows.
        """
        values = self.table.given(raw, origin) if self.table else to_values(raw)
        if isinstance(values, Mapping) and list(values) == list(self.graph.inputs) == [INPUT]:
            values = values[INPUT]  # an input that the spec does not name
        inputs = named(self.prepared(values, origin), self.graph.inputs)
        with np.errstate(all="ignore"):
            return self.program.predict_outputs(inputs)

    def prepared(self, raw: Values, origin: RowOrigin = GIVEN) -> Values:
        """Preprocessed inputs; a DataError if they do not fit the network."""
        self.check_shapes(raw, origin)
        inputs = self._preparation().prepared("inputs", raw, origin)
        return checked_inputs(inputs, self.graph, self.compute, origin=origin)

    def check_shapes(self, raw: Values, origin: RowOrigin = GIVEN) -> None:
        """Raise DataError where raw inputs have another shape than the run's own."""
        if self.spec.data_spec is not None:  # which older runs lack
            check_row_shapes(raw, "inputs", self.spec.data_spec.inputs, origin)
