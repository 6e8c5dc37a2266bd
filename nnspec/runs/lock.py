"""A lock on a run folder: two processes never write one run.

It is the operating system's lock on the file `.lock` in the folder (`flock`), which ends with its
process, however that ends. Readers need no lock.
"""

from __future__ import annotations

import json
import os
import socket
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from nnspec.errors import RunError, visible

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

NAME = ".lock"
_ATTEMPTS, _PAUSE = 5, 0.02  # `find_holder` of another process holds the lock for a moment


class Holder(NamedTuple):
    """The process that holds a lock."""

    pid: int
    host: str

    def __str__(self) -> str:
        return f"process {self.pid} on {visible(self.host)}" if self.pid else "another process"


_UNKNOWN = Holder(0, "")


class RunLock:
    """A lock that this process holds until `release`, or until the object or the process ends."""

    def __init__(self, descriptor: int) -> None:
        self._finalizer = weakref.finalize(self, _release, descriptor, os.getpid())

    @classmethod
    def acquire(cls, run: Path, on_unavailable: Callable[[str], None]) -> RunLock | None:
        """Lock a run folder; a RunError that names the process which writes it, if there is one.

        Where the system or the file system has no such locks, `on_unavailable` is told of it.
        """
        if fcntl is None:
            on_unavailable(_unavailable(run, "this system has none"))
            return None
        descriptor = _open(run)
        try:
            _lock(run, descriptor)
            _write_holder(descriptor)
        except OSError as error:
            os.close(descriptor)
            on_unavailable(_unavailable(run, str(error.strerror)))
            return None
        except BaseException:
            os.close(descriptor)
            raise
        return cls(descriptor)

    def release(self) -> None:
        """Let other processes write the run; a second call does nothing."""
        self._finalizer()


def find_holder(run: Path) -> Holder | None:
    """The process that is writing a run; None if there is none, or the system has no locks."""
    if fcntl is None:
        return None
    try:
        descriptor = os.open(run / NAME, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read_holder(run)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return None


def _open(run: Path) -> int:
    try:
        return os.open(run / NAME, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        message = f"cannot write {visible(str(run / NAME))}: {error.strerror}"
        raise RunError(message) from None


def _lock(run: Path, descriptor: int) -> None:
    for attempt in range(_ATTEMPTS):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE * (attempt + 1))
        else:
            return
    message = f"{visible(str(run))} is being written by {_read_holder(run)}"
    raise RunError(message, "wait for its end, or stop it")


def _unavailable(run: Path, reason: str) -> str:
    name = visible(str(run))
    return f"{name} is not locked ({reason}): let no other process write it at the same time"


def _write_holder(descriptor: int) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps([os.getpid(), socket.gethostname()]).encode(), 0)


def _read_holder(run: Path) -> Holder:
    try:
        pid, host = json.loads((run / NAME).read_bytes())
    except (OSError, ValueError, TypeError):
        return _UNKNOWN  # it has the lock, and has not written its name yet
    return Holder(pid, host) if isinstance(pid, int) and isinstance(host, str) else _UNKNOWN


def _release(descriptor: int, owner: int) -> None:
    """Empty the file, which stays: were it deleted, two processes could each lock one.

    A child that was forked has the descriptor too; the lock is its parent's, the `owner`.
    """
    try:
        if os.getpid() == owner:
            os.ftruncate(descriptor, 0)
            fcntl.flock(descriptor, fcntl.LOCK_UN)
    finally:
        os.close(descriptor)
