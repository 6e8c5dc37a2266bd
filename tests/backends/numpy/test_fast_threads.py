"""The thread pool and the limit of BLAS threads."""

from __future__ import annotations

import gc
import signal
import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

from nnspec.backends import thread_limit
from nnspec.backends.numpy.fast.cpu_threads import single_threaded_blas
from nnspec.backends.numpy.fast.threads import Stage, ThreadPool, thread_pool


def test_an_error_in_a_thread_is_raised():
    from nnspec.backends.numpy.fast.threads import thread_pool

    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        thread_pool(2).run([[[lambda: None], [fail], [lambda: None]]])


def test_an_error_in_a_helper_is_raised_by_the_caller():
    both, caller = threading.Barrier(2), threading.current_thread()

    def fail() -> None:
        both.wait()  # so that each thread takes one chain
        if threading.current_thread() is not caller:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        thread_pool(2).run([[[fail], [fail]]])


def test_after_an_error_no_later_stage_starts():
    started = []

    def fail() -> None:
        raise ZeroDivisionError

    for stage in ([[fail]], [[fail], [lambda: None]], [[lambda: None], [lambda: None, fail]]):
        with pytest.raises(ZeroDivisionError):
            thread_pool(2).run([stage, [[lambda: started.append(1)]]])
    assert not started


def test_the_next_stage_is_requested_when_the_one_before_is_done():
    """An error of the iterator of stages is raised by the caller, whichever thread advanced it."""
    for workers in (1, 3):
        ended: list[int] = []
        asked: list[int] = []

        def stages(ended: list[int] = ended, asked: list[int] = asked) -> Iterator[Stage]:
            for chain_counts in (1, 4, 2, 3):
                asked.append(len(ended))
                yield [[partial(time.sleep, 0.001), partial(ended.append, 1)]] * chain_counts
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            thread_pool(workers).run(stages())
        assert asked == [0, 1, 5, 7]
        assert len(ended) == 10


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer that interrupts")
def test_an_interrupt_at_any_moment_ends_the_run():
    """The caller is interrupted wherever it is, and no helper runs a task after that."""
    ended: list[int] = []
    values = np.ones(3000)

    def task() -> None:
        np.sqrt(values)
        ended.append(1)

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    gc.disable()  # an interrupt in one of its callbacks would only be a warning
    random, interrupted = np.random.default_rng(0), 0
    try:
        for delay in random.uniform(1e-5, 6e-4, 400):
            try:
                signal.setitimer(signal.ITIMER_REAL, delay)
                thread_pool(3).run([[[task] * 4] * 3] * 12)
                signal.setitimer(signal.ITIMER_REAL, 0)
            except KeyboardInterrupt:
                interrupted += 1
            done = len(ended)
            time.sleep(2e-4)
            assert len(ended) == done
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        gc.enable()
    assert interrupted > 50
    thread_pool(3).run([[[task]] * 3] * 3)  # and the pool can be used again


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_each_stage_waits_for_the_one_before(workers):
    for chain_counts in ([3, 1, 4], [1, 1, 1, 7, 2], [0, 2, 0], [], [40, 40]):
        ended: list[int] = []
        started: list[tuple[int, int]] = []

        def task(stage: int, ended: list[int] = ended, started: Any = started) -> None:
            started.append((stage, len(ended)))
            time.sleep(0.0002 * (len(started) % 3))
            ended.append(stage)

        thread_pool(workers).run(
            [[[partial(task, at)] for _ in range(n)] for at, n in enumerate(chain_counts)]
        )
        assert sorted(ended) == [at for at, n in enumerate(chain_counts) for _ in range(n)]
        assert all(done >= sum(chain_counts[:stage]) for stage, done in started)


def test_helper_threads_use_the_callers_errstate() -> None:
    """Overflows in helper threads do not warn where the caller turned warnings off."""
    both = threading.Barrier(2, timeout=30)

    def overflow() -> None:
        both.wait()  # so that each thread takes one chain
        np.exp(np.full(3, 1000.0))

    with np.errstate(all="ignore"):
        thread_pool(2).run([[[overflow], [overflow]]])


def test_blas_gets_its_threads_back_when_the_last_context_ends():
    threadpoolctl = pytest.importorskip("threadpoolctl")

    def threads() -> list[int]:
        return [each["num_threads"] for each in threadpoolctl.threadpool_info()
                if each["user_api"] == "blas" and "numpy" in each["filepath"]]  # fmt: skip

    with threadpoolctl.threadpool_limits(2, "blas"):
        first, second = single_threaded_blas(), single_threaded_blas()
        before = threads()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert set(threads()) == {1}
        second.__exit__(None, None, None)
        assert threads() == before


def test_the_threads_that_start_are_enough(monkeypatch, caplog):
    """A limit on threads, as of `ulimit -u`, lets one helper of three start."""
    thread_limit.warn_if_fewer.cache_clear()
    start, started = threading.Thread.start, []

    def limited(thread: threading.Thread) -> None:
        if started:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    done: list[int] = []
    ThreadPool(4).run([[[partial(done.append, number)] for number in range(8)]])
    assert sorted(done) == list(range(8))
    assert len(started) == 1
    assert "lets 2 of 4 threads start" in caplog.text
