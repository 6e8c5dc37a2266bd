"""A thread pool that runs stages of independent task chains."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextvars import Context, copy_context
from functools import cache
from queue import SimpleQueue
from threading import Lock, Thread
from time import sleep

from nnspec.backends import thread_limit
from nnspec.backends.numpy.fast.cpu_threads import processors

Task = Callable[[], object]
TaskChain = Sequence[Task]  # tasks that run one after the other
Stage = Sequence[TaskChain]  # chains that may run at the same time


class ThreadPool:
    """Persistent threads that run stages; results do not depend on which thread runs a chain."""

    def __init__(self, workers: int) -> None:
        self.wanted_helpers = workers - 1
        self._start_helpers()

    def _start_helpers(self) -> None:
        """Start the helper threads; a forked process has to start its own."""
        self.pid, self.executions = os.getpid(), SimpleQueue[tuple[Context, _Execution]]()
        helpers = [
            Thread(target=_helper_loop, args=(self.executions,), name=f"nnspec-{n}", daemon=True)
            for n in range(1, self.wanted_helpers + 1)
        ]
        self.helper_count = thread_limit.start(helpers)
        thread_limit.warn_if_fewer(self.helper_count + 1, self.wanted_helpers + 1)

    def run(self, stages: Iterable[Stage]) -> None:
        """Run the stages in order; raise the first error of a task when its stage has ended.

        The iterator of stages is advanced when a stage is done, by the thread that finished it. A
        helper that wakes up late joins the current stage; no thread waits for it. When this
        returns or raises, no chain is running.
        """
        if self.pid != os.getpid():
            self._start_helpers()
        execution = _Execution(stages, self.executions, self.helper_count)
        try:
            execution.start()
            execution.work()
        except BaseException:  # an interrupt between two tasks
            execution.cancel()
            raise
        if execution.errors:
            raise execution.errors[0]


def _helper_loop(executions: SimpleQueue[tuple[Context, _Execution]]) -> None:
    while True:
        context, execution = executions.get()
        context.run(execution.work_as_helper)
        del context, execution  # they reference a network and its rows


class _Execution:
    """The run of some stages: their state, shared by the caller and its helpers.

    The thread that finishes a stage starts the next one at once, since waking a thread may take
    longer than a stage. An interrupt may stop the caller anywhere, but never a helper: then
    `active_helpers` is still correct, the counts may not be.
    """

    def __init__(
        self,
        stages: Iterable[Stage],
        executions: SimpleQueue[tuple[Context, _Execution]],
        helper_count: int,
    ) -> None:
        self.stages, self.executions, self.idle_helpers = iter(stages), executions, helper_count
        self.pending: deque[TaskChain] = deque()
        self.unfinished, self.waiting, self.done, self.cancelled = 0, 0, False, False
        self.lock, self.wake_ups = Lock(), SimpleQueue[None]()
        self.errors: list[BaseException] = []
        self.active_helpers: deque[None] = deque()  # one element per helper at work

    def start(self) -> None:
        """Start the first stage."""
        with self.lock:
            self._start_next_stage()

    def work(self) -> None:
        """Run chains until the last stage is done; after an error, start no further chain."""
        while not self.done:
            if not self._run_next_chain():
                self._wait_for_stage()

    def work_as_helper(self) -> None:
        """`work` in a helper thread."""
        self.active_helpers.append(None)
        try:
            self.work()
        finally:
            self.active_helpers.pop()

    def cancel(self) -> None:
        """Start nothing more, and return when every helper has ended its chain."""
        self.cancelled = self.done = True
        self.pending.clear()
        while self.active_helpers:
            self.done = True  # a helper that started a stage meanwhile may have reset it
            self.wake_ups.put(None)
            sleep(0.001)

    def _run_next_chain(self) -> bool:
        """Run one pending chain; return whether there was one."""
        try:
            chain = self.pending.popleft()
        except IndexError:
            return False
        try:
            for task in chain if not self.errors else ():
                task()
        except BaseException as error:  # raised by the caller when the stage is over
            self.errors.append(error)
        finally:
            self._finish_chain()
        return True

    def _finish_chain(self) -> None:
        with self.lock:
            self.unfinished -= 1
            if not self.unfinished:
                self._start_next_stage()

    def _start_next_stage(self) -> None:
        """Start the next stage that has chains, and wake as many threads as it can use."""
        chains = self._next_stage()
        self.unfinished, self.done = len(chains), not chains
        self.pending.extend(chains)
        woken = self.waiting if self.done else min(self.waiting, len(chains) - 1)
        self.waiting -= woken
        for _ in range(woken):
            self.wake_ups.put(None)
        self._call_helpers(len(chains) - 1 - woken)

    def _next_stage(self) -> Stage:
        if self.cancelled or self.errors:
            return ()
        try:
            return next(filter(None, self.stages), ())
        except BaseException as error:  # raised by the caller
            self.errors.append(error)
            return ()

    def _call_helpers(self, wanted: int) -> None:
        """Call in helpers that do not take part yet."""
        for _ in range(min(self.idle_helpers, wanted)):
            self.idle_helpers -= 1
            # the caller's context holds NumPy's error state, such as what to do on overflow
            self.executions.put((copy_context(), self))

    def _wait_for_stage(self) -> None:
        with self.lock:
            if self.pending or self.done:
                return
            self.waiting += 1
        self.wake_ups.get()


@cache
def thread_pool(workers: int = 0) -> ThreadPool:
    """The pool with `workers` threads including the caller's; 0 means one per processor."""
    return ThreadPool(workers or processors())
