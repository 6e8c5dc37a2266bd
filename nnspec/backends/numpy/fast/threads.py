"""A thread pool that runs chains of tasks, and keeps its threads from one batch to the next."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextvars import Context, copy_context
from functools import cache
from queue import SimpleQueue
from threading import Lock, Thread
from time import sleep

from nnspec.backends.numpy.fast.blas import processors

Task = Callable[[], object]
TaskChain = Sequence[Task]  # tasks of which each needs the one before
Stage = Sequence[TaskChain]  # lanes independent of each other


class ThreadPool:
    """Runs stages of lanes; which thread takes which lane changes nothing in the results."""

    def __init__(self, workers: int) -> None:
        self.helpers = workers - 1
        self._gather()

    def _gather(self) -> None:
        """Start the helpers; a process that was forked off has none of them."""
        self.process, self.called = os.getpid(), SimpleQueue[tuple[Context, _Execution]]()
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
        work = _Execution(stages, self.called, self.helpers)
        try:
            work.begin()
            work.join()
        except BaseException:  # an interrupt between two tasks
            work.abandon()
            raise
        if work.errors:
            raise work.errors[0]


def _help(called: SimpleQueue[tuple[Context, _Execution]]) -> None:
    while True:
        context, work = called.get()
        context.run(work.help)
        del context, work  # they hold a network and its rows


class _Execution:
    """Stages on their way. Whoever ends a stage goes on with the next; only the others wait.

    To wake a thread takes longer than many a stage. An interrupt may stop the caller anywhere, but
    never a helper: so `helping` is right at any time, the counts only as long as all goes well.
    """

    def __init__(
        self, stages: Iterable[Stage], helpers: SimpleQueue[tuple[Context, _Execution]], idle: int
    ) -> None:
        self.stages, self.helpers, self.idle = iter(stages), helpers, idle
        self.todo: deque[TaskChain] = deque()
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
            chain = self.todo.popleft()
        except IndexError:
            return False
        try:
            for task in chain if not self.errors else ():
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
        chains = self._next()
        self.left, self.done = len(chains), not chains
        self.todo.extend(chains)
        woken = self.waiting if self.done else min(self.waiting, len(chains) - 1)
        self.waiting -= woken
        for _ in range(woken):
            self.opened.put(None)
        self._call(len(chains) - 1 - woken)

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
def thread_pool(workers: int = 0) -> ThreadPool:
    """The crew with so many threads, the caller's among them; 0: one for each processor."""
    return ThreadPool(workers or processors())
