"""A finished run, opened again on any backend: to evaluate it, and to predict with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nnspec import passes
from nnspec.backends.base import Program
from nnspec.data import prepared
from nnspec.data.prepared import Preparation
from nnspec.errors import DataError, visible
from nnspec.graph import Graph
from nnspec.layers.geometry import show
from nnspec.spec import Spec
from nnspec.training.folder import RunFolder
from nnspec.training.run import Figures, Watcher, Way, figures_of, recipe_of

Array = NDArray[Any]


class Finished(NamedTuple):
    """A run's spec, preparation, and a program with its weights."""

    folder: RunFolder
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
        program = way.build(graph, recipe_of(spec), spec.train.seed)
        program.set_weights(folder.weights(graph))
        return cls(folder, spec, graph, folder.preparation(), program)

    def evaluate(self, watcher: Watcher) -> Figures:
        """The figures over the training and the test rows, prepared as in training."""
        return figures_of(
            self.program, prepared.load(self.spec).map(self.preparation.apply), watcher
        )

    def rows(self, given: str) -> tuple[Array, Array | None]:
        """Raw inputs, and targets where there are any: `train`, `test`, or an array's file."""
        if given in ("train", "test"):
            table = getattr(prepared.load(self.spec), given)
            if table is None:
                raise DataError(f"the spec's data have no {given} rows")
            return table.inputs, table.targets
        return read_inputs(Path(given)), None

    def predict(self, inputs: Array) -> Array:
        """The network's output for raw inputs."""
        try:
            rows = self.preparation.inputs.apply(inputs)
        except (ValueError, TypeError, ArithmeticError):
            raise DataError(
                f"the preparation cannot take rows of {show(inputs.shape[1:])}"
            ) from None
        if rows.shape[1:] != self.graph.input_shape:
            message = f"the rows are {show(rows.shape[1:])} once prepared"
            raise DataError(f"{message} and the network takes {show(self.graph.input_shape)}")
        return self.program.predict(rows)


def read_inputs(path: Path) -> Array:
    """The rows in a `.npy` file, or in the only array of a `.npz` file; never a pickle."""
    try:
        loaded = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        reason = getattr(error, "strerror", None) or "it is no .npy or .npz file of numbers"
        raise DataError(f"cannot read {visible(str(path))}: {reason}") from None
    array = loaded if isinstance(loaded, np.ndarray) else _only(loaded, path)
    if array.ndim == 0 or array.dtype.kind not in "biuf":
        raise DataError(f"{visible(str(path))} must hold an array of numbers with a row axis")
    return array


def _only(archive: Any, path: Path) -> Array:
    if len(archive.files) != 1:
        names = ", ".join(archive.files)
        raise DataError(f"{visible(str(path))} must hold one array and holds {names or 'none'}")
    array: Array = archive[archive.files[0]]
    return array
