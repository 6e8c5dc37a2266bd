"""Threads that work through tasks, with BLAS held at one thread.

NumPy lets go of Python's lock in matrix products and large element-wise functions, so threads of
our own compute side by side. BLAS's own threads wait for each other by spinning, which collapses
on a machine that does anything else at the same time.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from contextvars import Context, copy_context
from functools import cache
from queue import SimpleQueue
from threading import Lock, Thread
from time import sleep
from typing import Any

Task = Callable[[], object]
Lane = Sequence[Task]  # tasks of which each needs the one before
Stage = Sequence[Lane]  # lanes independent of each other


class Crew:
    """Runs stages of lanes; which thread takes which lane changes nothing in the results."""

    def __init__(self, workers: int) -> None:
        self.helpers = workers - 1
        self._gather()

    def _gather(self) -> None:
        """Start the helpers; a process that was forked off has none of them."""
        self.process, self.called = os.getpid(), SimpleQueue[tuple[Context, _Work]]()
        for number in range(self.helpers):
            name = f"nnspec-{number + 1}"
            Thread(target=_help, args=(self.called,), name=name, daemon=True).start()

    def run(self, stages: Iterable[Stage]) -> None:
        """Run every lane, each stage after the one before; raise a task's error, after its stage.

        A stage is asked for when the one before is done, in whichever thread. A helper that wakes
        up late takes part in what is left, and nobody waits for it. When this returns or raises,
        no lane is running.
        """
        if self.process != os.getpid():
            self._gather()
        work = _Work(stages, self.called, self.helpers)
        try:
            work.begin()
            work.join()
        except BaseException:  # an interrupt between two tasks
            work.abandon()
            raise
        if work.errors:
            raise work.errors[0]


def _help(called: SimpleQueue[tuple[Context, _Work]]) -> None:
    while True:
        context, work = called.get()
        context.run(work.help)
        del context, work  # they hold a network and its rows


class _Work:
    """Stages on their way. Whoever ends a stage goes on with the next; only the others wait.

    To wake a thread takes longer than many a stage. An interrupt may stop the caller anywhere, but
    never a helper: so `helping` is right at any time, the counts only as long as all goes well.
    """

    def __init__(
        self, stages: Iterable[Stage], helpers: SimpleQueue[tuple[Context, _Work]], idle: int
    ) -> None:
        self.stages, self.helpers, self.idle = iter(stages), helpers, idle
        self.todo: deque[Lane] = deque()
        self.left, self.waiting, self.done, self.abandoned = 0, 0, False, False
        self.changing, self.opened = Lock(), SimpleQueue[None]()
        self.errors: list[BaseException] = []
        self.helping: deque[None] = deque()  # one for each helper that takes part

    def begin(self) -> None:
        """Open the first stage."""
        with self.changing:
            self._open()

    def join(self) -> None:
        """Run lanes until the last stage is done; after a task's error, nobody begins another."""
        while not self.done:
            if not self._lane():
                self._wait()

    def help(self) -> None:
        """The same in another thread than the caller's."""
        self.helping.append(None)
        try:
            self.join()
        finally:
            self.helping.pop()

    def abandon(self) -> None:
        """Begin nothing more, and return when every helper has ended its lane."""
        self.abandoned = self.done = True
        self.todo.clear()
        while self.helping:
            self.done = True  # a helper that opened a stage just then may have changed it
            self.opened.put(None)
            sleep(0.001)

    def _lane(self) -> bool:
        """Run a lane, if there is one to begin."""
        try:
            lane = self.todo.popleft()
        except IndexError:
            return False
        try:
            for task in lane if not self.errors else ():
                task()
        except BaseException as error:  # the caller raises it when the stage is over
            self.errors.append(error)
        finally:
            self._end()
        return True

    def _end(self) -> None:
        with self.changing:
            self.left -= 1
            if not self.left:
                self._open()

    def _open(self) -> None:
        """Begin the next stage that has lanes, and wake as many as it can use."""
        lanes = self._next()
        self.left, self.done = len(lanes), not lanes
        self.todo.extend(lanes)
        woken = self.waiting if self.done else min(self.waiting, len(lanes) - 1)
        self.waiting -= woken
        for _ in range(woken):
            self.opened.put(None)
        self._call(len(lanes) - 1 - woken)

    def _next(self) -> Stage:
        if self.abandoned or self.errors:
            return ()
        try:
            return next(filter(None, self.stages), ())
        except BaseException as error:  # the caller raises it
            self.errors.append(error)
            return ()

    def _call(self, wanted: int) -> None:
        """Call helpers who have not taken part so far."""
        for _ in range(min(self.idle, wanted)):
            self.idle -= 1
            # in the caller's context: what NumPy does on overflow is part of it
            self.helpers.put((copy_context(), self))

    def _wait(self) -> None:
        with self.changing:
            if self.todo or self.done:
                return
            self.waiting += 1
        self.opened.get()


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
