"""The joining of the processes that torchrun has started."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from nnspec.distributed.environment import is_started_by_torchrun, process_count, process_rank
from nnspec.errors import BackendError

_FAILED = 2  # exit code
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


def check_backend(backend: str, processes: int | None = None) -> None:
    """Raise BackendError where a backend computes in one process, and there are to be several."""
    count, kind = processes or process_count(), backend.partition(":")[0]
    if count > 1 and kind != "torch":
        message = f"the {kind} backend computes in one process, not in {count}"
        raise BackendError(message, "add --backend torch, or leave --processes out")


@contextmanager
def joined_processes() -> Iterator[bool]:
    """Context in which this process is joined with the others; whether it is process 0.

    Process 0 coordinates; the others are workers, which execute its commands.
    """
    if not is_started_by_torchrun():
        yield True
        return
    _check_machines()
    from nnspec.backends.torch.coordination import joined

    with joined():
        yield process_rank() == 0


def _check_machines() -> None:
    """Raise BackendError where the processes are on several machines: they map the same files."""
    here = int(os.environ.get("LOCAL_WORLD_SIZE", process_count()))
    if here != process_count():
        message = f"{here} of {process_count()} processes are on this machine"
        raise BackendError(message, "all must be on one")


def run_worker() -> int:
    """Execute the commands of process 0 until there are no more; the exit code.

    Signals are ignored: process 0 stops. It also tells where the connection is lost.
    """
    from nnspec.backends.torch.coordination import execute_commands

    for name in _SIGNALS:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    try:
        execute_commands()
    except BackendError:
        return _FAILED
    return 0
