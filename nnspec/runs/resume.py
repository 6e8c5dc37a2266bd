"""A run that was stopped goes on from its checkpoint, in the same folder and to the same bits."""

from __future__ import annotations

import time
from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from nnspec.compute import PRECISIONS, ComputeConfig, with_spec_seed
from nnspec.errors import RunError, check_type, visible
from nnspec.runs.checkpoint import clean
from nnspec.runs.environment import environment
from nnspec.runs.file_names import ENVIRONMENT
from nnspec.runs.folder import RunFolder
from nnspec.runs.initial_weights import start_from_run
from nnspec.runs.listener import RunListener
from nnspec.runs.report import RunReport
from nnspec.runs.stopped_run import StoppedRun
from nnspec.runs.tracking.trackers import Trackers
from nnspec.runs.trainer import prepared_session
from nnspec.runs.training_run import TrainingRun
from nnspec.runs.unfinished import run_to_resume
from nnspec.spec.document import Spec


def resume(
    run: str | PathLike[str],
    overrides: Sequence[str] = (),
    compute: ComputeConfig | None = None,
    listener: RunListener | None = None,
    *,
    accept_changes: bool = False,
) -> RunReport:
    """Go on with a run from its last checkpoint, as if it had not been stopped.

    `run` is a run folder, or one of numbered runs: then it is the newest that has not ended.
    `overrides` such as `train.epochs=20` change its spec; any other change of what is computed is
    an error unless `accept_changes`. It goes on with the backend that it had unless `compute` says
    otherwise. Raises an NnspecError where it cannot go on; no file has been changed then.
    """
    listener = listener or RunListener()
    check_type(listener, RunListener)
    path = run_to_resume(run)
    spec = RunFolder(path, listener.on_note).spec_with(overrides)
    compute = compute or recorded_compute(path)
    return resume_with(path, spec, compute, listener, accept_changes=accept_changes)


def recorded_compute(run: Path) -> ComputeConfig:
    """How a run was computed, as its `environment.json` says."""
    known = RunFolder(run).environment()
    backend, precision, device = (known.get(name) for name in ("backend", "precision", "device"))
    if isinstance(backend, str) and isinstance(device, str) and precision in PRECISIONS:
        return ComputeConfig(backend, precision, device)
    where = visible(str(run / ENVIRONMENT))
    raise RunError(f"{where} is missing or damaged", "say how to go on: --backend and --precision")


def resume_with(
    run: Path, spec: Spec, compute: ComputeConfig, listener: RunListener,
    *, accept_changes: bool = False,
) -> RunReport:  # fmt: skip
    """Go on with the run in a folder, with a spec; `resume` says how."""
    folder = RunFolder.open_to_write(run, listener.on_note)
    try:
        return _resume(folder, spec, compute, listener, accept_changes=accept_changes)
    finally:
        folder.close()


def _resume(
    folder: RunFolder, spec: Spec, compute: ComputeConfig, listener: RunListener,
    *, accept_changes: bool,
) -> RunReport:  # fmt: skip
    started = time.perf_counter()
    compute = with_spec_seed(compute, spec.train.seed)
    stopped = StoppedRun.of(folder, spec, compute)
    stopped.check(accept_changes=accept_changes)
    session = prepared_session(spec, compute, listener)
    if stopped.checkpoint is None:
        session = start_from_run(session, listener.on_note)
    else:
        session = session._replace(initial_weights=folder.environment().get("initial_weights"))
    state = stopped.state(session)
    history = state.restore(session.program, session.callbacks())
    resumed = stopped.record(environment(session, compute), state.position)
    clean(folder.path)
    trackers = Trackers(spec, listener.on_note)
    training = TrainingRun(session, folder, compute, listener, history, trackers)
    training.begin_trackers()
    training.write_description(resumed)
    return training.complete(started, state.position)
