"""A network with the initial weights of a spec or the trained weights of a run; its input rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Values, named
from nnspec.backends.contract import Weights
from nnspec.components.sources.base import DataSpec
from nnspec.compute import ComputeConfig
from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.data.row_origin import GIVEN, RowOrigin, Side
from nnspec.data.rows import Rows
from nnspec.data.splits import Splits, load_splits
from nnspec.errors import DataError, visible
from nnspec.graph.compile import compile_spec
from nnspec.graph.ir import Graph
from nnspec.randomness.initial_weights import initial_weights
from nnspec.runs.folder import OnNote, RunFolder, ignore
from nnspec.runs.row_shapes import check_row_shapes, without_unit_axes
from nnspec.runs.run_data import read_run_data
from nnspec.spec import loader
from nnspec.spec.document import Spec
from nnspec.training.data_checks import checked_inputs, checked_rows
from nnspec.training.data_shapes import with_data_shapes
from nnspec.training.memory_check import MemoryNeed, check_memory

_COPIES = 4  # of all weights: initial, on the host, on the backend, and their gradients
_FLOAT64 = ComputeConfig(precision="float64")
_SPLIT_NAMES = {"train": "training", "test": "test"}


class InputRow(NamedTuple):
    """One preprocessed row, and its target if that is known."""

    inputs: Values  # (1, *input_shape); a map if the network has several
    targets: Values | None  # (1, ...); a map if the network has several
    origin: str  # a description for messages
    row_origin: RowOrigin = GIVEN

    @property
    def rows(self) -> Rows:
        """Inputs and targets; a DataError if there is no target."""
        if self.targets is None:
            raise DataError("the row has no target", "give --target")
        return Rows(self.inputs, self.targets, self.row_origin)


class RowPreprocessor(NamedTuple):
    """The fitted preprocessing, and which raw rows it takes."""

    fitted: FittedPreprocessing
    raw: DataSpec

    def prepared(self, side: Side, row: Values) -> Values:
        """The inputs or the targets of one row, preprocessed."""
        tensors = getattr(self.raw, side)
        row = without_unit_axes(row, side, tensors)
        check_row_shapes(row, side, tensors)
        return self.fitted.prepared(side, row)

    def column_types(self, side: Side) -> dict[str, str]:
        """The type of each column of a table that is read for a side; empty without a table."""
        tensors = getattr(self.raw, side)
        if not self.fitted.is_table(side) or not isinstance(tensors, Mapping):
            return {}
        return {name: tensor.dtype for name, tensor in tensors.items() if tensor}


class NetworkWithWeights(NamedTuple):
    """A spec, its graph, and weights of the graph."""

    spec: Spec
    graph: Graph
    weights: Weights
    folder: RunFolder | None  # of the run with these weights; None for initial weights

    @classmethod
    def open(
        cls, path: Path, overrides: Sequence[str], on_note: OnNote = ignore
    ) -> NetworkWithWeights:
        """Load a spec file, a run folder, or the newest that finished of numbered runs.

        Raises an NnspecError if a file is invalid, missing or damaged, or the run has diverged.
        """
        folder = RunFolder.open_trained(path, on_note) if path.is_dir() else None
        if folder:
            folder.refuse_overrides(overrides)
            folder.start_reading_weights()
        spec = folder.spec() if folder else loader.load(path, overrides)
        spec = with_data_shapes(spec)
        graph = compile_spec(spec)
        check_memory(spec, MemoryNeed.of(graph, _COPIES, 1, _FLOAT64.dtype.itemsize))
        seed = spec.train.seed
        weights = folder.weights(graph) if folder else initial_weights(graph, seed)
        return cls(spec, graph, weights, folder)

    @property
    def origin(self) -> str:
        """A description of the weights' origin for messages."""
        if self.folder:
            return f"weights of {visible(str(self.folder.path))}"
        return f"first weights (seed {self.spec.train.seed})"

    def data_row(self, number: int, split: str) -> InputRow:
        """A preprocessed row of `train` or `test`; of `train` if there are no test rows."""
        return self.row_of(self.raw_splits(), number, split)

    def row_of(self, raw: Splits, number: int, split: str) -> InputRow:
        """A preprocessed row of the raw rows of the spec's data."""
        split = split if getattr(raw, split) is not None else "train"
        rows: Rows = getattr(raw, split)
        if number >= rows.rows:
            message = f"the {_SPLIT_NAMES[split]} data have no row {number:,}"
            raise DataError(message, f"rows are numbered 0 to {rows.rows - 1:,}")
        row = self._preprocessing(raw.train).apply(rows.take([number]))
        return InputRow(
            self._check_inputs(row.inputs),
            row.targets,
            f"row {number:,} of the {_SPLIT_NAMES[split]} data",
            row.origin,
        )

    def given_row(self, inputs: Values, target: Values | None) -> InputRow:
        """A row from raw inputs and target, preprocessed if the spec has a data section.

        Several inputs or targets are a map from their names to arrays.
        """
        preparation = self.preparation()
        row = self.given_inputs(inputs, preparation)
        targets = None if target is None else self.given_targets(target, row, preparation)
        return InputRow(row, targets, "the given row")

    def given_inputs(self, inputs: Values, preparation: RowPreprocessor | None) -> Values:
        """The inputs of one row, as the network gets them."""
        _check_given("--input", inputs, self.graph.inputs)
        row = _batch(inputs)
        if preparation:
            row = preparation.prepared("inputs", row)
        row = without_unit_axes(row, "inputs", self.graph.inputs)
        check_row_shapes(row, "inputs", self.graph.inputs)
        return self._check_inputs(row)

    def given_targets(
        self, target: Values, inputs: Values, preparation: RowPreprocessor | None
    ) -> Values:
        """The targets of one row, as the losses get them; a DataError where one does not fit."""
        targets = _batch(target)
        if preparation:
            targets = preparation.prepared("targets", targets)
        checked_rows(Rows(inputs, targets), self.spec, self.graph, _FLOAT64)
        return targets

    def raw_splits(self) -> Splits:
        """The rows of the spec's data; of a run, it is told if they have changed."""
        if self.folder:
            return read_run_data(self.folder, self.spec).splits
        return load_splits(self.spec)

    def preparation(self) -> RowPreprocessor | None:
        """How raw rows are prepared; of a run, without its data. None without a data section."""
        if not self.spec.data:
            return None
        if self.folder and self.spec.data_spec:
            return RowPreprocessor(self.folder.preprocessing(self.spec), self.spec.data_spec)
        train = self.raw_splits().train
        return RowPreprocessor(self._preprocessing(train), train.data_spec())

    def _preprocessing(self, train: Rows) -> FittedPreprocessing:
        """The run's fitted preprocessing, or one fitted on the given training rows."""
        if self.folder:
            return self.folder.preprocessing(self.spec)
        return FittedPreprocessing.fit(self.spec, train)

    def _check_inputs(self, inputs: Values) -> Values:
        """The inputs; a DataError unless they fit the network and are finite."""
        checked = checked_inputs(inputs, self.graph, _FLOAT64)
        if not all(
            np.isfinite(array).all() for array in named(checked, self.graph.inputs).values()
        ):
            raise DataError("the row holds a value that is no number")
        return checked


def _check_given(option: str, values: Values, names: Iterable[str]) -> None:
    """Raise DataError where one array is given and the network has several."""
    wanted = list(names)
    if len(wanted) > 1 and not isinstance(values, Mapping):
        written = ", ".join(f"{name}: ..." for name in wanted)
        message = f"the network has the inputs {', '.join(wanted)}"
        raise DataError(message, f"write {option} '{{{written}}}', or give an .npz file")


def _batch(values: Values) -> Values:
    """A row as the only one of a batch."""
    if isinstance(values, Mapping):
        return {name: array[None] for name, array in values.items()}
    return values[None]
