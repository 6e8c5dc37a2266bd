"""Where a study is kept: a journal in its folder, or a database that several machines share.

Both are Optuna's. The journal belongs to one command at a time, so what it finds running was
killed; a database is told by each trial, every few seconds, that it still runs.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from optuna.exceptions import OptunaError
from optuna.storages import (
    BaseStorage,
    JournalStorage,
    RDBStorage,
    RetryHeartbeatStaleTrialCallback,
)
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from nnspec.errors import Problem, RunError, SpecError, visible
from nnspec.runs import atomic_files
from nnspec.spec.document import Spec
from nnspec.spec.tune import Tune

HEARTBEAT_SECONDS = 5  # between two signs of life in a database
GRACE_SECONDS = 20  # without any, after which a trial is tried again


@contextmanager
def open_storage(spec: Spec, tune: Tune, folder: Path) -> Iterator[BaseStorage]:
    """The storage of a study; the folder is made.

    Raises RunError where another command works on the same journal or it is damaged, SpecError
    where there is no such database.
    """
    atomic_files.make_folder(folder)
    if tune.storage is not None:
        yield _database(spec, tune.storage)
        return
    with _alone(folder / "lock"):
        yield _journal(folder / "study.journal")


def enqueue_again(study: Study, trial: FrozenTrial) -> None:
    """Put a trial whose process was killed into the queue again, with what it has reported."""
    RetryHeartbeatStaleTrialCallback(inherit_intermediate_values=True)(study, trial)


def fail_killed(study: Study) -> None:
    """Mark what a command that was killed left running, in a storage that is this one's alone."""
    for trial in study.get_trials(states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)


def lost_trials(study: Study, reasons: str) -> list[FrozenTrial]:
    """Trials that were stopped from outside and that no other trial repeats.

    A trial that failed by itself says why, in its attribute `reasons`.
    """
    trials = study.get_trials()
    repeated = {n for t in trials for n in RetryHeartbeatStaleTrialCallback.retry_history(t)}
    failed = (trial for trial in trials if trial.state == TrialState.FAIL)
    return [t for t in failed if reasons not in t.user_attrs and t.number not in repeated]


def _database(spec: Spec, url: str) -> BaseStorage:
    try:
        return RDBStorage(
            url, heartbeat_interval=HEARTBEAT_SECONDS, grace_period=GRACE_SECONDS,
            heartbeat_stale_trial_callback=enqueue_again,
        )  # fmt: skip
    except (ImportError, ValueError, OptunaError, SQLAlchemyError) as error:
        said = visible(str(getattr(error, "orig", None) or error).partition("\n")[0])
        where = spec.locate("tune", "storage")
        hint = "for example sqlite:///study.db"
        problem = Problem(f"tune: storage cannot be opened: {said}", where, hint)
        raise SpecError(problem) from None


def _journal(path: Path) -> BaseStorage:
    """What a command left that was killed while it wrote, half a line or a lock, is removed."""
    lock = path.with_name(f"{path.name}.lock")
    lock.unlink(missing_ok=True)
    try:
        _mend(path)
        return JournalStorage(JournalFileBackend(str(path), JournalFileOpenLock(str(path))))
    except (ValueError, KeyError, TypeError, AttributeError, AssertionError, OptunaError):
        hint = "remove it to begin again"
        raise RunError(f"{visible(str(path))} is damaged: it is no study", hint) from None


def _mend(path: Path) -> None:
    """Cut off what follows the last whole line. Raises ValueError where a line is no JSON."""
    content = path.read_bytes() if path.exists() else b""
    whole = content[: content.rfind(b"\n") + 1]
    for line in whole.splitlines():
        json.loads(line)
    if whole != content:
        os.truncate(path, len(whole))


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Nobody else holds the file meanwhile; the system lets go of it when this process ends."""
    with path.open("a") as file:
        try:
            _hold(file)
        except OSError:
            message = f"another command works on the study in {visible(str(path.parent))}"
            raise RunError(message, "wait for it, or end it") from None
        yield


if sys.platform == "win32":
    import msvcrt

    def _hold(file: IO[str]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _hold(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
