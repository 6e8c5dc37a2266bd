"""The number of processors, and BLAS limited to one thread."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from functools import cache
from threading import Lock
from typing import Any


def processors() -> int:
    """How many processors this process may use: NNSPEC_THREADS, or as many as there are."""
    threads = os.environ.get("NNSPEC_THREADS", "")
    if threads.isascii() and threads.isdigit() and int(threads):
        return int(threads)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _OneThread:
    """BLAS has one setting for the process: the first who enters limits it, the last frees it."""

    def __init__(self) -> None:
        self.changing, self.inside = Lock(), 0
        self.limit: Any = None

    def __enter__(self) -> None:
        with self.changing:
            libraries = _libraries()
            if not self.inside and libraries:
                self.limit = libraries.limit(limits=1, user_api="blas")
            self.inside += 1

    def __exit__(self, *_: object) -> None:
        with self.changing:
            self.inside -= 1
            if not self.inside and self.limit:
                self.limit.restore_original_limits()


_one_thread = _OneThread()


def one_blas_thread() -> AbstractContextManager[object]:
    """BLAS computes in the calling thread for as long as anyone is in this context.

    The command line has said so to BLAS before NumPy was imported; where nnspec is a library, it
    takes threadpoolctl, without which BLAS keeps the threads that it was started with.
    """
    return _one_thread


@cache
def _libraries() -> Any:
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return None
    return ThreadpoolController()
