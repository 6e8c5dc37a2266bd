"""Scalar functions learned by runs, with the training rows and, if known, the true function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array, only
from nnspec.components.sources.synthetic import Synthetic
from nnspec.data import splits
from nnspec.data.located_errors import located
from nnspec.data.preprocessing.fitted import require_data
from nnspec.data.rows import Rows
from nnspec.errors import DataError, Problem
from nnspec.runs.trained import TrainedRun
from nnspec.spec.data_section import Data

POINTS = 201  # of a learned function, evenly spaced between the rows' least and largest x


class Points(NamedTuple):
    """Points (x, y) by ascending x."""

    x: Array
    y: Array


class LearnedFunctions(NamedTuple):
    """Training points, true function and each run's predictions over x."""

    rows: Points
    truth: Points | None  # the rows without noise; None unless the source is synthetic
    runs: dict[str, Points]


def learned_functions(runs: Mapping[str, TrainedRun]) -> LearnedFunctions:
    """Functions R -> R learned by runs that were trained on the same rows."""
    for name, run in runs.items():
        _check_single(name, run)
        _check_same_data(name, run, next(iter(runs.values())))
    first = next(iter(runs.values()))
    train = first.data().splits.train
    rows = _points(first, train)
    x = np.linspace(rows.x[0], rows.x[-1], POINTS)
    curves = {name: Points(x, _predictions(name, run, x, train)) for name, run in runs.items()}
    return LearnedFunctions(rows, _truth(first), curves)


def _check_single(name: str, run: TrainedRun) -> None:
    """Raise DataError unless a network has one input and one output."""
    if not run.graph.is_single:
        inputs, outputs = ", ".join(run.graph.inputs), ", ".join(run.graph.outputs)
        message = f"{name} has the inputs {inputs} and the outputs {outputs}"
        where, hint = run.spec.locate_key("network"), "only functions of one number can be drawn"
        raise DataError(Problem(message, where, hint))
    if not all(tensor.is_float for tensor in run.graph.inputs.values()):
        message = f"{name} takes whole numbers; only functions of real numbers can be drawn"
        raise DataError(Problem(message, run.spec.locate_key("network")))


def _check_same_data(name: str, run: TrainedRun, first: TrainedRun) -> None:
    """Raise DataError if the source or the targets' preprocessing differs from the first run's."""
    data, expected = _data(run), _data(first)
    if data.source != expected.source:
        message = f"{name} was trained on other data; its function has another axis"
        raise DataError(Problem(message, run.spec.locate_key("data", "source")))
    if data.targets != expected.targets:
        message = f"{name} prepares its targets otherwise; its function has another axis"
        raise DataError(Problem(message, run.spec.locate_key("data", "targets")))


def _data(run: TrainedRun) -> Data:
    return require_data(run.spec)


def _predictions(name: str, run: TrainedRun, x: Array, train: Rows) -> Array:
    """A run's predictions at x, one number each."""
    y = run.predict(x.reshape(-1, *only(train.inputs).shape[1:]))
    if y.size != len(x):
        message = f"{name} predicts {y.size // len(x)} numbers a row; one can be drawn"
        raise DataError(Problem(message, run.spec.locate_key("network")))
    return y.reshape(-1)


def _truth(run: TrainedRun) -> Points | None:
    """The training rows without noise, if they are generated from a function."""
    data = _data(run)
    if not isinstance(data.source, Synthetic):
        return None
    noiseless = data.replace(source=data.source.replace(noise=0.0))
    return _points(run, splits.load_splits(run.spec.replace(data=noiseless)).train)


def _points(run: TrainedRun, split: Rows) -> Points:
    """Raw inputs and prepared targets, sorted by input."""
    with located(run.spec.locate("data", "source")):
        run.preprocessing.prepared("inputs", split.inputs, origin=split.origin)  # refuses NaN
        targets = run.preprocessing.prepared("targets", split.targets, origin=split.origin)
    x, y = only(split.inputs), only(targets)
    for what, values in (("inputs", x), ("targets", y)):
        if values.size != len(values):
            count = values.size // max(len(values), 1)
            message = f"a row has {count} {what}; only functions of one number can be drawn"
            raise DataError(Problem(message, run.spec.locate_key("data", "source")))
    x, y = x.reshape(-1).astype(np.float64), y.reshape(-1)
    order = np.argsort(x, kind="stable")
    return Points(x[order], y[order])
