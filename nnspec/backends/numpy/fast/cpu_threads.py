"""The number of usable processors, and a context in which BLAS runs single-threaded."""

from __future__ import annotations

import logging
import os
from contextlib import AbstractContextManager
from functools import cache
from threading import Lock
from typing import Any

from nnspec.backends.environment_variables import thread_count


def processors() -> int:
    """Number of processors to use: NNSPEC_THREADS, or all that the process may run on."""
    threads = thread_count()
    if threads is not None:
        return threads
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def _at_most(threads: str, limit: int) -> int:
    """A number of threads or the limit, which is said once; Python reads 4300 digits at most."""
    if len(threads) <= len(str(limit)) and int(threads) <= limit:
        return int(threads)
    log = logging.getLogger("nnspec")  # unless it is configured, it prints warnings on stderr
    log.warning("NNSPEC_THREADS is more than is of use: %d threads are used", limit)
    return limit


class _SingleThreadedBlas:
    """Reference-counted limit of BLAS threads: the setting is one for the whole process."""

    def __init__(self) -> None:
        self.lock, self.entered = Lock(), 0
        self.limit: Any = None

    def __enter__(self) -> None:
        with self.lock:
            controller = _threadpool_controller()
            if not self.entered and controller:
                self.limit = controller.limit(limits=1, user_api="blas")
            self.entered += 1

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.entered -= 1
            if not self.entered and self.limit:
                self.limit.restore_original_limits()


_single_threaded_blas = _SingleThreadedBlas()


def single_threaded_blas() -> AbstractContextManager[object]:
    """Context in which BLAS computes in the calling thread; threads may share and nest it.

    The command line limits BLAS by environment variables before NumPy is imported. As a library,
    nnspec needs threadpoolctl for it; without, BLAS keeps the threads that it was started with.
    """
    return _single_threaded_blas


@cache
def _threadpool_controller() -> Any:
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return None
    return ThreadpoolController()
