"""Threads that work through tasks, with BLAS held at one thread.

NumPy lets go of Python's lock in matrix products and large element-wise functions, so threads of
our own compute side by side. BLAS's own threads wait for each other by spinning, which collapses
on a machine that does anything else at the same time.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from contextvars import copy_context
from functools import cache
from typing import Any

Task = Callable[[], object]
Lane = Sequence[Task]  # tasks of which each needs the one before


class Crew:
    """Runs lanes of tasks; which thread takes which lane changes nothing in the results."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.pool = ThreadPoolExecutor(workers - 1, "nnspec") if workers > 1 else None

    def run(self, lanes: Iterable[Lane]) -> None:
        """Run every lane, and return when all are done."""
        todo = deque(lanes)
        helpers = min(self.workers, len(todo)) - 1
        futures = [self._submit(todo) for _ in range(helpers)]
        try:
            _drain(todo)
        finally:
            todo.clear()  # after an error, nobody begins another
            errors = [future.exception() for future in futures]
        for error in filter(None, errors):
            raise error

    def _submit(self, todo: deque[Lane]) -> Future[None]:
        """Begin to help, in the caller's context: what NumPy does on overflow is part of it."""
        assert self.pool is not None  # noqa: S101
        return self.pool.submit(copy_context().run, _drain, todo)


def _drain(todo: deque[Lane]) -> None:
    while True:
        try:
            lane = todo.popleft()
        except IndexError:
            return
        for task in lane:
            task()


@cache
def crew(workers: int = 0) -> Crew:
    """The crew with so many threads, the caller's among them; 0: one for each processor."""
    return Crew(workers or processors())


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def one_blas_thread() -> AbstractContextManager[object]:
    """BLAS computes in the calling thread for as long as this context lasts.

    The command line has said so to BLAS before NumPy was imported; where nnspec is a library, it
    takes threadpoolctl, without which BLAS keeps the threads that it was started with.
    """
    libraries = _libraries()
    return libraries.limit(limits=1, user_api="blas") if libraries else nullcontext()


@cache
def _libraries() -> Any:
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return None
    return ThreadpoolController()
