"""Training of a spec: `nnspec.run`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from typing import Any

from nnspec.api.callbacks import Callbacks, OnEpochEnd, OnProgress
from nnspec.api.given_data import GivenParts, with_data
from nnspec.api.in_memory import train_in_memory
from nnspec.api.run import Run
from nnspec.api.specs import Overrides, SpecSource, load
from nnspec.compute import ComputeConfig, Precision
from nnspec.data.splits import load_splits
from nnspec.errors import NnspecError
from nnspec.runs import trainer
from nnspec.runs.history import history_of
from nnspec.runs.trained import TrainedRun
from nnspec.spec.document import Spec
from nnspec.training.prepared_data import LoadSplits


def run(
    spec: SpecSource, overrides: Overrides = (), *,
    data: Any = None, targets: str | Sequence[str] | None = None,
    validation_data: Any = None, test_data: Any = None, sample_weight: Any = None,
    folder: str | os.PathLike[str] | None = None,
    backend: str = "numpy", precision: Precision = "float32", device: str = "cpu",
    on_epoch_end: OnEpochEnd | None = None, on_progress: OnProgress | None = None,
) -> Run:  # fmt: skip
    """Train and evaluate a spec, which is whatever `nnspec.load` takes, and return the run.

    `data` are training rows in the place of the spec's source: (x, y), arrays or maps of arrays;
    or a table, that is a data frame or a map of columns, with the targets in it. `targets` names
    the columns of the targets where the spec does not. `validation_data` and `test_data` have the
    same form. `sample_weight` has a weight for each training row.

    Without a `folder` nothing is written; else the run is kept in a new folder
    `<folder>/<name>/<number>`, as by `nnspec run`. `on_epoch_end` is called with each Epoch, and
    where it returns True, the training stops. `on_progress` is called about ten times a second with
    a Progress. Whatever a callback raises ends the run and reaches the caller.

    Raises an NnspecError where the spec or the data are wrong, or the training diverges.
    """
    loaded = load(spec, overrides)
    load_rows: LoadSplits = load_splits
    parts = GivenParts(data, validation_data, test_data)
    if data is not None:
        loaded, load_rows = with_data(loaded, parts, targets, sample_weight)
    elif any(one is not None for one in (*parts, targets, sample_weight)):
        message = "rows for validation or the test, targets and weights belong to data"
        raise NnspecError(message, "give the training rows as data")
    callbacks = Callbacks(on_epoch_end, on_progress)
    compute = ComputeConfig(backend, precision, device)
    return _trained(loaded, compute, load_rows, folder, callbacks)


def _trained(
    spec: Spec, compute: ComputeConfig, load_rows: LoadSplits,
    folder: str | os.PathLike[str] | None, callbacks: Callbacks,
) -> Run:  # fmt: skip
    """The run of a spec, in memory or in a new folder."""
    read = partial(load_rows, spec)
    if folder is None:
        done = train_in_memory(spec, compute, load_rows, callbacks)
        epochs, metrics = history_of(done.epochs), done.metrics
        kept = callbacks.advice, done.expectations, done.length
        return Run(done.trained, epochs, metrics, read, *kept)
    report = trainer.run(spec, compute, folder, callbacks, load_rows)
    trained = TrainedRun.open(report.run, compute)
    epochs, metrics = history_of(report.epochs), report.metrics or None
    expectations = None if report.interrupted else report.expectations
    return Run(trained, epochs, metrics, read, callbacks.advice, expectations, report.length)
