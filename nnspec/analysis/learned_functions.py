"""Functions of one number that runs have learnt, beside the rows and, where known, the truth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from nnspec.backends.contract import Array
from nnspec.components.sources.synthetic import Synthetic
from nnspec.data import splits
from nnspec.data.sources import Rows
from nnspec.errors import DataError
from nnspec.runs.trained import TrainedRun
from nnspec.spec.document import Data

POINTS = 201  # of a learnt function, from the least to the largest x of the rows


class Curve(NamedTuple):
    """Numbers x, in ascending order, and y for each."""

    x: Array
    y: Array


class LearnedFunctions(NamedTuple):
    """What can be drawn over one axis of x."""

    rows: Curve
    truth: Curve | None  # the rows without noise; None where only the rows are known
    runs: dict[str, Curve]


def learned_functions(runs: Mapping[str, TrainedRun]) -> LearnedFunctions:
    """The functions of runs that were trained on the same rows, of one number each."""
    for name, run in runs.items():
        _refuse_other_data(name, run, next(iter(runs.values())))
    first = next(iter(runs.values()))
    rows = _points(first, splits.load_splits(first.spec).train)
    x = np.linspace(rows.x[0], rows.x[-1], POINTS)
    learnt = {name: Curve(x, _learnt(name, run, x)) for name, run in runs.items()}
    return LearnedFunctions(rows, _truth(first), learnt)


def _refuse_other_data(name: str, run: TrainedRun, first: TrainedRun) -> None:
    data, expected = _data(run), _data(first)
    if data.source != expected.source:
        raise DataError(f"{name} was trained on other data; its function has another axis")
    if data.targets != expected.targets:
        raise DataError(f"{name} prepares its targets otherwise; its function has another axis")


def _data(run: TrainedRun) -> Data:
    if run.spec.data is None:
        raise DataError(f"the spec in {run.folder.path} has no data")
    return run.spec.data


def _learnt(name: str, run: TrainedRun, x: Array) -> Array:
    """What a run predicts at x."""
    y = run.predict(x.reshape(-1, *run.rows("train").raw.shape[1:]))
    if y.size != len(x):
        raise DataError(f"{name} predicts {y.size // len(x)} numbers a row; one can be drawn")
    return y.reshape(-1)


def _truth(run: TrainedRun) -> Curve | None:
    """The same rows drawn without noise, where they are drawn from a function."""
    data = _data(run)
    if not isinstance(data.source, Synthetic):
        return None
    quiet = data.replace(source=data.source.replace(noise=0.0))
    return _points(run, splits.load_splits(run.spec.replace(data=quiet)).train)


def _points(run: TrainedRun, table: Rows) -> Curve:
    """Raw inputs and prepared targets, by their inputs."""
    y = run.preprocessing.prepared("targets", table.targets)
    for what, values in (("inputs", table.inputs), ("targets", y)):
        if values.size != len(values):
            count = values.size // max(len(values), 1)
            raise DataError(f"a row has {count} {what}; only functions of one number can be drawn")
    x, y = table.inputs.reshape(-1).astype(np.float64), y.reshape(-1)
    order = np.argsort(x, kind="stable")
    return Curve(x[order], y[order])
