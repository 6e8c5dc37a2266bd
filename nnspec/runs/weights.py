"""A network with weights: of a spec those it starts from, of a finished run those it has learnt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nnspec.backends.contract import Array, Weights
from nnspec.compute import ComputeConfig
from nnspec.data import splits
from nnspec.data.literals import drop_unit_axes
from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.data.sources import Rows
from nnspec.errors import DataError, visible
from nnspec.graph.compile import compile_spec
from nnspec.graph.ir import Graph
from nnspec.randomness.initial_weights import initial_weights
from nnspec.runs.folder import RunFolder
from nnspec.spec import loader
from nnspec.spec.document import Spec
from nnspec.training.data_checks import check_magnitude, check_shape
from nnspec.training.memory_check import check_memory

_COPIES = 4  # of all weights at once: drawn, here, on the backend, and their gradients
_FLOAT64 = ComputeConfig(precision="float64")
_NAMES = {"train": "training", "test": "test"}


class InputRow(NamedTuple):
    """One row as the network takes it, and its target where that is known."""

    inputs: Array  # (1, *input_shape)
    targets: Array | None  # (1, ...)
    origin: str  # where it comes from, for people

    @property
    def table(self) -> Rows:
        """Both; a DataError where there is no target."""
        if self.targets is None:
            raise DataError("the row has no target", "give --target")
        return Rows(self.inputs, self.targets)


class NetworkWithWeights(NamedTuple):
    """A spec, its graph, and weights for it."""

    spec: Spec
    graph: Graph
    weights: Weights
    folder: RunFolder | None  # of the run that the weights come from

    @classmethod
    def open(cls, path: Path, overrides: Sequence[str]) -> NetworkWithWeights:
        """Of a spec's file, or of a run folder (or the folder of numbered runs, the newest).

        Raises an NnspecError where something in it is wrong, missing or damaged.
        """
        folder = RunFolder.open(path) if path.is_dir() else None
        spec = loader.load(folder.path / "spec.yaml" if folder else path, overrides)
        graph = compile_spec(spec)
        check_memory(spec, graph, _COPIES, 1, _FLOAT64.dtype.itemsize)
        seed = spec.train.seed
        weights = folder.weights(graph) if folder else initial_weights(graph, seed)
        return cls(spec, graph, weights, folder)

    @property
    def origin(self) -> str:
        """Where the weights come from, for people."""
        if self.folder:
            return f"weights of {visible(str(self.folder.path))}"
        return f"first weights (seed {self.spec.train.seed})"

    def row_of_data(self, number: int, part: str) -> InputRow:
        """A prepared row of `train` or `test`; without test rows one of the training rows."""
        raw = splits.load_splits(self.spec)
        part = part if getattr(raw, part) is not None else "train"
        table: Rows = getattr(raw, part)
        if number >= table.rows:
            message = f"the {_NAMES[part]} data have no row {number:,}"
            raise DataError(message, f"rows are numbered 0 to {table.rows - 1:,}")
        row = self._preparation(raw.train).apply(table.take([number]))
        return InputRow(
            self._checked(row.inputs), row.targets, f"row {number:,} of the {_NAMES[part]} data"
        )

    def row_of(self, inputs: Array, target: Array | None) -> InputRow:
        """A row that is given, as it is before the data preparation where the spec has one."""
        if self.spec.data:
            train = splits.load_splits(self.spec).train
            preparation = self._preparation(train)
            inputs = preparation.prepared(
                "inputs", drop_unit_axes(inputs, train.inputs.shape[1:])[None]
            )[0]
            if target is not None:
                target = drop_unit_axes(target, train.targets.shape[1:])[None]
                target = preparation.prepared("targets", target)[0]
        inputs = self._checked(drop_unit_axes(inputs, self.graph.input_shape)[None])
        return InputRow(inputs, None if target is None else target[None], "the given row")

    def _preparation(self, train: Rows) -> FittedPreprocessing:
        """What the run has learnt, or what these training rows teach."""
        if self.folder:
            return self.folder.preparation(self.spec)
        return FittedPreprocessing.fit(self.spec, train)

    def _checked(self, inputs: Array) -> Array:
        check_shape(inputs, self.graph)
        check_magnitude(inputs, _FLOAT64)
        if not np.isfinite(inputs).all():
            raise DataError("the row holds a value that is no number")
        return inputs
