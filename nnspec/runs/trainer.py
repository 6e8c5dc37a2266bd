"""A run: train a spec, evaluate it, and save the results in a new run folder."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from os import PathLike
from pathlib import Path

from nnspec.compute import ComputeConfig
from nnspec.data.splits import load_splits
from nnspec.errors import check_type
from nnspec.graph.ir import Graph
from nnspec.graph.summary import summarise
from nnspec.runs.folder import RunFolder
from nnspec.runs.initial_weights import start_from_run
from nnspec.runs.listener import RunListener
from nnspec.runs.report import RunReport
from nnspec.runs.selection import is_run
from nnspec.runs.tracking.trackers import Trackers
from nnspec.runs.training_run import TrainingRun
from nnspec.spec.document import Spec
from nnspec.spec.loader import to_path
from nnspec.training.history import TrainingHistory
from nnspec.training.prepared_data import LoadSplits
from nnspec.training.session import TrainingSession

_NUMPY = ComputeConfig()


def run(
    spec: Spec,
    compute: ComputeConfig = _NUMPY,
    out: str | PathLike[str] = "runs",
    listener: RunListener | None = None,
    load: LoadSplits = load_splits,
) -> RunReport:
    """Train and evaluate a spec, and save the run in a new folder under `out`.

    Raises an NnspecError if the spec, the data or the folder is invalid.
    """
    started, listener = time.perf_counter(), listener or RunListener()
    check_type(listener, RunListener)
    parent = to_path(out, "the folder of runs")
    session = start_from_run(prepared_session(spec, compute, listener, load), listener.on_note)
    compute = compute._replace(seed=spec.train.seed)
    trackers = Trackers(spec, listener.on_note)
    history = TrainingHistory(callbacks=session.callbacks())
    folder = RunFolder.create(parent, session.spec.name)
    training = TrainingRun(session, folder, compute, listener, history, trackers)
    try:
        training.begin_trackers()
        training.write_description()
        return training.complete(started)
    finally:
        folder.close()
        if not is_run(folder.path):
            _remove(folder.path)


def _remove(path: Path) -> None:
    """Remove a numbered folder in which nothing was trained, and the one of its name if empty."""
    shutil.rmtree(path, ignore_errors=True)
    with suppress(OSError):
        path.parent.rmdir()


def prepared_session(
    spec: Spec, compute: ComputeConfig, listener: RunListener, load: LoadSplits = load_splits
) -> TrainingSession:
    """The session of a spec, whose raw rows `load` returns.

    The listener is told before weights are drawn and data are read.
    """

    def on_compiled(graph: Graph) -> None:
        listener.on_prepare(summarise(graph).parameters)

    return TrainingSession.prepare(spec, compute, load, on_compiled)
