"""A trained run: predictions, metrics, history and weights."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import inf
from pathlib import Path
from typing import Any, Self, final

from nnspec.api.frames import like_frame
from nnspec.api.given_data import array_rows, table_columns
from nnspec.api.in_memory import UnsavedFolder
from nnspec.api.network import CompiledNetwork
from nnspec.api.pickling import RunState, restored, saved
from nnspec.api.source_rows import no_source_rows, source_rows
from nnspec.backends.arrays import Array
from nnspec.compute import ComputeConfig, Precision
from nnspec.data.row_origin import RowOrigin, TableFile
from nnspec.data.rows import Rows
from nnspec.data.splits import Splits
from nnspec.data.tables.given_columns import given_columns, is_frame
from nnspec.errors import DataError, NnspecError, Problem
from nnspec.runs.chosen_checkpoint import CheckpointName
from nnspec.runs.expectations import Expectation, compare_expectations, untested
from nnspec.runs.history import History
from nnspec.runs.listener import RunListener
from nnspec.runs.recorded_expectations import recorded_expectations
from nnspec.runs.report import SplitMetrics
from nnspec.runs.trained import TrainedRun
from nnspec.runs.training_length import TrainingLength, extent
from nnspec.spec.document import Spec

LoadRows = Callable[[], Splits]
_UNTESTED = "it is tested where a run has come to its end"
_PARTS = ("train", "validation", "test")


@final
class Run:
    """A trained network: `predict`, `evaluate`, `history`, `metrics` and `weights`.

    A run can be pickled and copied: its weights, its fitted preprocessing, its history and the text
    of its spec are, and the program is built anew from them. The rows that it was trained on and
    the state of its optimizer are not.
    """

    def __init__(
        self, trained: TrainedRun, history: History, metrics: SplitMetrics | None,
        load_rows: LoadRows, advice: Sequence[Problem] = (),
        expectations: Sequence[Expectation] | None = None, length: TrainingLength | None = None,
    ) -> None:  # fmt: skip
        self._trained, self._metrics, self._load_rows = trained, metrics, load_rows
        self.history = history
        self.advice = tuple(advice)
        self._expectations, self._length = expectations, length

    @property
    def spec(self) -> Spec:
        """The spec that was trained."""
        return self._trained.spec

    @property
    def network(self) -> CompiledNetwork:
        """Shapes, parameters and FLOPs of the layers."""
        return CompiledNetwork(self.spec, self._trained.graph)

    @property
    def compute(self) -> ComputeConfig:
        """Backend, precision, device and seed of its program."""
        return self._trained.compute

    @property
    def folder(self) -> Path | None:
        """The run folder; None of a run in memory."""
        folder = self._trained.folder
        return None if isinstance(folder, UnsavedFolder) else folder.path

    @property
    def epochs(self) -> int:
        """The number of completed epochs."""
        return len(self.history.get("epoch", ()))

    @property
    def stopped(self) -> bool:
        """Whether the training ended before its last epoch or step."""
        if self._length is not None:
            return not self._length.is_whole
        return self.epochs < (self.spec.train.epochs or inf)

    @property
    def metrics(self) -> SplitMetrics:
        """The loss and the metrics of `train`, and of `test` where there are such rows.

        Those of a run that was stopped are computed when they are first asked for.
        """
        if self._metrics is None:
            self._metrics = self._trained.evaluate_on(self._load_rows(), RunListener())
        return self._metrics

    @property
    def expectations(self) -> list[Expectation]:
        """What the spec expects, beside what came out.

        Weights and behaviour are tested where the run has come to its end; else they are named.
        """
        if self._expectations is not None:
            return list(self._expectations)
        expect, metrics = self.spec.expect, self.metrics
        found = compare_expectations(expect, self.network.summary, metrics)
        return [*found, *untested(expect, _UNTESTED)]

    @property
    def weights(self) -> dict[str, Array]:
        """A copy of each weight by its name, in Keras' layout whatever the backend."""
        return {name: array.copy() for name, array in self._trained.program.weights().items()}

    def checkpoint(self, name: CheckpointName) -> Run:
        """The same run with the weights of a checkpoint that it keeps, as `train.checkpoint` says.

        `name` is `best`, or the number of batches after which one is kept.
        """
        trained = TrainedRun.load(self._trained.folder, self.compute, name)
        return Run(trained, self.history, None, self._load_rows, self.advice)

    def predict(self, rows: Any) -> Any:
        """Predictions for raw rows, which are prepared as the training rows were.

        Arrays, nested lists and maps give an array as the network computes it; a data frame gives
        a frame of the same library with the columns of `nnspec predict`: classes by their names
        with their probabilities, numbers in their own unit. Of a network with several outputs it
        is a map from their names to such values.
        """
        outputs: dict[str, Any]
        if is_frame(rows):
            columns = self.predict_columns(rows)
            outputs = {name: like_frame(rows, found) for name, found in columns.items()}
        else:
            outputs = self.predict_outputs(rows)
        return next(iter(outputs.values())) if len(outputs) == 1 else outputs

    def predict_outputs(self, rows: Any) -> dict[str, Array]:
        """What the network computes for raw rows: the array of each output, by its name."""
        return self._trained.predict_outputs(rows)

    def predict_columns(self, rows: Any) -> dict[str, dict[str, Array]]:
        """Predictions for raw rows in the unit of the targets: of each output, columns by name.

        Numbers are called `prediction`, or `prediction_NAME` where there are several; a class is
        called `prediction`, and the probability of each `probability_CLASS`.
        """
        from nnspec.analysis.prediction_table import prediction_table

        found = {}
        for output, values in self.predict_outputs(rows).items():
            table = prediction_table(self._trained, output, values)
            if table.note:
                warnings.warn(table.note, stacklevel=2)
            columns = {name: column for name, column in table.columns.items() if name != "row"}
            found[output] = columns
        return found

    def evaluate(self, data: Any = "test") -> dict[str, float]:
        """The loss and the metrics over rows with targets.

        `data` is `train`, `validation` or `test`, the run's own rows; or (x, y); or a table that
        has the columns of the targets.
        """
        rows = self._own_rows(data) if isinstance(data, str) else self._given_rows(data)
        return self._trained.evaluate_on(Splits(rows, None, None), RunListener())["train"]

    def _own_rows(self, part: str) -> Rows:
        if part not in _PARTS:
            raise NnspecError(f"there are no rows {part!r}", f"known: {', '.join(_PARTS)}")
        rows: Rows | None = getattr(self._load_rows(), part)
        if rows is None:
            raise DataError(f"the run has no {part} rows")
        return rows

    def _given_rows(self, data: Any) -> Rows:
        table = self._trained.table
        if table is None:
            return array_rows(data)
        columns = table_columns(self.spec, data, None)
        inputs, targets = (
            given_columns(columns, table.inputs),
            given_columns(columns, table.targets),
        )
        return Rows(inputs, targets, RowOrigin(table=TableFile("data", 0)))

    def without_rows(self) -> Self:
        """The same run, which holds no rows in memory: it evaluates given ones alone."""
        history, metrics, *others = self._kept
        return type(self)(self._trained, history, metrics, no_source_rows, *others)

    @property
    def _kept(self) -> tuple[Any, ...]:
        """All that it is made of but its network and its rows."""
        return self.history, self._metrics, self.advice, self._expectations, self._length

    def __repr__(self) -> str:
        kept = "in memory" if self.folder is None else str(self.folder)
        done = extent(self.epochs, self.spec.train, self._length)
        return f"<Run {self.spec.name!r}, {kept}: {done}>"

    def _repr_html_(self) -> str:
        from nnspec.api.html import run_html

        return run_html(repr(self), self._metrics or {}, self.history)

    def __getstate__(self) -> dict[str, Any]:
        return {"trained": saved(self._trained), "folder": self.folder, "kept": self._kept}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        trained = restored(RunState(*state["trained"]), state["folder"])
        load_rows = no_source_rows if state["folder"] is None else partial(source_rows, trained)
        history, metrics, *others = state["kept"]
        self.__init__(trained, history, metrics, load_rows, *others)


def open(  # noqa: A001
    path: str | os.PathLike[str],
    *,
    backend: str = "numpy",
    precision: Precision = "float32",
    device: str = "cpu",
    checkpoint: CheckpointName | None = None,
) -> Run:
    """The run in a run folder, or the newest that finished in a folder of numbered runs.

    Its weights are those at its end, or of a `checkpoint`: `best`, or the step of one that is kept.
    On any backend, wherever it was trained. A UserWarning tells what is odd about it. Raises
    RunError where the training diverged, or a file is missing or damaged.
    """
    compute = ComputeConfig(backend, precision, device)
    trained = TrainedRun.open(path, compute, _warn, checkpoint)
    history, rows = trained.folder.history(), partial(source_rows, trained)
    if checkpoint is not None:  # the figures in its folder are those at the end
        return Run(trained, history, None, rows)
    metrics = trained.folder.metrics()
    expectations, length = recorded_expectations(trained.folder), trained.folder.ending().length
    return Run(trained, history, metrics, rows, (), expectations, length)


def _warn(note: str) -> None:
    warnings.warn(note, stacklevel=2)
