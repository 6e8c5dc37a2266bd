"""Threads that work through tasks, with BLAS held at one thread.

NumPy lets go of Python's lock in matrix products and large element-wise functions, so threads of
our own compute side by side. BLAS's own threads wait for each other by spinning, which collapses
on a machine that does anything else at the same time.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from contextvars import Context, copy_context
from functools import cache
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any

Task = Callable[[], object]
Lane = Sequence[Task]  # tasks of which each needs the one before


class Crew:
    """Runs lanes of tasks; which thread takes which lane changes nothing in the results."""

    def __init__(self, workers: int) -> None:
        self.called: SimpleQueue[tuple[Context, _Work]] = SimpleQueue()
        self.helpers = workers - 1
        for number in range(self.helpers):
            Thread(target=self._help, name=f"nnspec-{number + 1}", daemon=True).start()

    def run(self, lanes: Iterable[Lane]) -> None:
        """Run every lane, and return when all are done.

        A helper that wakes up late finds nothing left to do, and nobody waits for it.
        """
        work = _Work(lanes)
        for _ in range(min(self.helpers, len(work.todo) - 1)):
            # in the caller's context: what NumPy does on overflow is part of it
            self.called.put((copy_context(), work))
        work.drain()
        work.wait()

    def _help(self) -> None:
        while True:
            context, work = self.called.get()
            context.run(work.drain)


class _Work:
    """Lanes on their way; whoever ends the last one lets the caller go on."""

    def __init__(self, lanes: Iterable[Lane]) -> None:
        self.todo = deque(lanes)
        self.left, self.counting, self.unfinished = len(self.todo), Lock(), Lock()
        self.errors: list[BaseException] = []
        if self.left:
            self.unfinished.acquire()

    def drain(self) -> None:
        """Run lanes until none is left to begin; after an error, nobody begins another."""
        while self.todo:
            try:
                lane = self.todo.popleft()
            except IndexError:  # another thread was faster
                return
            try:
                for task in lane if not self.errors else ():
                    task()
            except BaseException as error:  # told where the caller waits
                self.errors.append(error)
            self._end()

    def _end(self) -> None:
        with self.counting:
            self.left -= 1
            if not self.left:
                self.unfinished.release()

    def wait(self) -> None:
        """Return when every lane has ended; raise the first error."""
        self.unfinished.acquire()
        if self.errors:
            raise self.errors[0]


@cache
def crew(workers: int = 0) -> Crew:
    """The crew with so many threads, the caller's among them; 0: one for each processor."""
    return Crew(workers or processors())


def processors() -> int:
    """How many processors this process may use: NNSPEC_THREADS, or as many as there are."""
    threads = os.environ.get("NNSPEC_THREADS", "")
    if threads.isascii() and threads.isdigit() and int(threads):
        return int(threads)
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
