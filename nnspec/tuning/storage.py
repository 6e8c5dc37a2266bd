"""Optuna storage of a study: a journal file in its folder, or a database shared by machines.

One process at a time locks the journal, so trials that it finds running were killed. In a
database, running trials record a heartbeat every few seconds.
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

HEARTBEAT_SECONDS = 5  # between two heartbeats of a trial in a database
GRACE_SECONDS = 20  # without a heartbeat, after which a trial is retried


@contextmanager
def open_storage(spec: Spec, tune: Tune, folder: Path) -> Iterator[BaseStorage]:
    """Open the storage of a study, and make its folder.

    Raises RunError if another process holds the journal or it is damaged, SpecError if the
    database cannot be opened.
    """
    atomic_files.make_folder(folder)
    if tune.storage is not None:
        yield _database(spec, tune.storage)
        return
    with _exclusive_lock(folder / "lock"):
        yield _journal(folder / "study.journal")


def retry_trial(study: Study, trial: FrozenTrial) -> None:
    """Enqueue a trial whose process was killed again, with its intermediate values."""
    RetryHeartbeatStaleTrialCallback(inherit_intermediate_values=True)(study, trial)


def fail_running_trials(study: Study) -> None:
    """Mark running trials as failed: in a locked journal, their process was killed."""
    for trial in study.get_trials(states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)


def lost_trials(study: Study, message_key: str) -> list[FrozenTrial]:
    """Failed trials without a retry whose process was killed.

    A trial that failed by itself has a message, in its user attribute `message_key`.
    """
    trials = study.get_trials()
    retried = {n for t in trials for n in RetryHeartbeatStaleTrialCallback.retry_history(t)}
    failed = (trial for trial in trials if trial.state == TrialState.FAIL)
    return [t for t in failed if message_key not in t.user_attrs and t.number not in retried]


def _database(spec: Spec, url: str) -> BaseStorage:
    """The database at a URL, with heartbeats."""
    try:
        return RDBStorage(
            url, heartbeat_interval=HEARTBEAT_SECONDS, grace_period=GRACE_SECONDS,
            heartbeat_stale_trial_callback=retry_trial,
        )  # fmt: skip
    except (ImportError, ValueError, OptunaError, SQLAlchemyError) as error:
        reason = visible(str(getattr(error, "orig", None) or error).partition("\n")[0])
        where = spec.locate("tune", "storage")
        hint = "for example sqlite:///study.db"
        problem = Problem(f"tune: storage cannot be opened: {reason}", where, hint)
        raise SpecError(problem) from None


def _journal(path: Path) -> BaseStorage:
    """The journal in a file, after the removal of a stale lock and of a partly written line."""
    lock = path.with_name(f"{path.name}.lock")
    lock.unlink(missing_ok=True)
    try:
        _truncate_partial_line(path)
        return JournalStorage(JournalFileBackend(str(path), JournalFileOpenLock(str(path))))
    except (ValueError, KeyError, TypeError, AttributeError, AssertionError, OptunaError):
        hint = "remove it to begin again"
        raise RunError(f"{visible(str(path))} is damaged: it is no study", hint) from None


def _truncate_partial_line(path: Path) -> None:
    """Truncate the file after its last complete line; a ValueError if a line is not JSON."""
    content = path.read_bytes() if path.exists() else b""
    complete = content[: content.rfind(b"\n") + 1]
    for line in complete.splitlines():
        json.loads(line)
    if complete != content:
        os.truncate(path, len(complete))


@contextmanager
def _exclusive_lock(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file; the system releases it when this process ends."""
    with path.open("a") as file:
        try:
            _lock_file(file)
        except OSError:
            message = f"another command works on the study in {visible(str(path.parent))}"
            raise RunError(message, "wait for it, or end it") from None
        yield


if sys.platform == "win32":
    import msvcrt

    def _lock_file(file: IO[str]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock_file(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
