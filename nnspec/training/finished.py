"""A finished run, opened again on any backend: to evaluate it, and to predict with it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from nnspec import passes
from nnspec.backends.base import Array, Program
from nnspec.data import arrays, prepared
from nnspec.data.prepared import Parts, Preparation
from nnspec.errors import DataError
from nnspec.graph import Graph
from nnspec.spec import Spec
from nnspec.training.checks import refuse_magnitude, refuse_shape
from nnspec.training.folder import RunFolder
from nnspec.training.job import Way, recipe_of
from nnspec.training.run import Figures, Watcher, figures_of


class Rows(NamedTuple):
    """What is predicted from."""

    raw: Array
    targets: Array | None  # as they are prepared; None where they are not known


class Finished(NamedTuple):
    """A run's spec, preparation, and a program with its weights."""

    folder: RunFolder
    way: Way
    spec: Spec
    graph: Graph
    preparation: Preparation
    program: Program

    @classmethod
    def open(cls, path: Path, way: Way) -> Finished:
        """Read a run folder; a RunError where something in it is missing or damaged."""
        folder = RunFolder.open(path)
        spec = folder.spec()
        graph = passes.compile_spec(spec)
        weights = folder.weights(graph)  # first: their size says that there is memory for them
        preparation = folder.preparation(spec)
        program = way.build(graph, recipe_of(spec), spec.train.seed)
        program.set_weights(weights)
        return cls(folder, way, spec, graph, preparation, program)

    def evaluate(self, watcher: Watcher) -> Figures:
        """The figures over the training and the test rows, prepared as in training."""
        return figures_of(self.program, self.parts(), watcher)

    def parts(self) -> Parts:
        """The training, validation and test rows, prepared as in training."""
        return prepared.load(self.spec).map(
            lambda table: self.way.fitting(self.preparation.apply(table), self.spec, self.graph)
        )

    def rows(self, given: str) -> Rows:
        """The rows of `train` or `test`, or those in the file of an array."""
        if given not in ("train", "test"):
            return Rows(arrays.rows(Path(given)), None)
        table = getattr(prepared.load(self.spec), given)
        if table is None:
            raise DataError(f"the spec's data have no {given} rows")
        return Rows(table.inputs, self.preparation.prepared("targets", table.targets))

    def predict(self, raw: Array) -> Array:
        """The network's output for raw inputs."""
        inputs = self.prepared(raw)
        with np.errstate(all="ignore"):
            return self.program.predict(inputs)

    def prepared(self, raw: Array) -> Array:
        """Raw inputs as the network takes them; a DataError where they do not fit it."""
        inputs = self.preparation.prepared("inputs", raw)
        refuse_shape(inputs, self.graph)
        refuse_magnitude(inputs, self.way.settings())
        return inputs
