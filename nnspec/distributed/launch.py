"""Start of several processes on this machine by torchrun's own agent."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import uuid4

from nnspec.backends.numpy.fast.cpu_threads import processors
from nnspec.errors import BackendError

if TYPE_CHECKING:
    from torch.distributed.elastic.multiprocessing.errors import ProcessFailure


_FAILED = 2  # exit code where another process than the first one has failed


def launch(arguments: Sequence[str], processes: int) -> int:
    """Run a command line of nnspec in so many processes that work together; its exit code."""
    return launch_module("nnspec", arguments, processes)


def launch_module(module: str, arguments: Sequence[str], processes: int) -> int:
    """Run a module in so many processes that work together; the exit code of the first one.

    Each knows of the others by its environment. If one fails, the others are ended; a signal is
    handed on to all of them. Raises BackendError where one has ended by a signal.
    """
    try:
        from torch.distributed.elastic.multiprocessing.api import SignalException
        from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
        from torch.distributed.launcher.api import LaunchConfig, elastic_launch
    except ImportError:
        hint = "install it with: pip install 'nnspec[torch]'"
        raise BackendError("several processes need PyTorch, which is not installed", hint) from None
    _silence_torch()
    config = LaunchConfig(
        min_nodes=1, max_nodes=1, nproc_per_node=processes, run_id=uuid4().hex,
        rdzv_backend="c10d", rdzv_endpoint="localhost:0", max_restarts=0,
    )  # fmt: skip
    try:
        _share_threads(processes)
        elastic_launch(config, sys.executable)("-m", module, *arguments)
    except SignalException as error:
        return 128 + error.sigval.value
    except ChildFailedError as error:
        return _failure_code(*error.get_first_failure())
    return 0


def _silence_torch() -> None:
    """Leave messages to the processes, which tell the reason."""
    for name in list(logging.root.manager.loggerDict):
        if name.startswith("torch.distributed"):
            logging.getLogger(name).setLevel(logging.CRITICAL)


def _failure_code(rank: int, failure: ProcessFailure) -> int:
    """The exit code after the first failure of a process; process 0 has told its reason."""
    if failure.exitcode < 0 and rank == 0:
        message = f"process 0 has ended by {failure.signal_name()}"
        raise BackendError(message, "`nnspec resume RUN` goes on")
    return failure.exitcode if rank == 0 else _FAILED


def _share_threads(processes: int) -> None:
    """Let each process that starts take its part of the processors, unless the user says."""
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, processors() // processes)))
