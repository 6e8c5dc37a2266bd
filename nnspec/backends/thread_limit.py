"""The number of threads that a limit of the system leaves to this process."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import cache
from threading import Event, Thread
from typing import Any


def start(threads: Iterable[Thread]) -> int:
    """Start threads until the system refuses one; return the number of those that run."""
    started = 0
    for thread in threads:
        try:
            thread.start()
        except RuntimeError:  # "can't start new thread", as with `ulimit -u`
            break
        started += 1
    return started


def startable(wanted: int) -> int:
    """How many threads could run beside the existing ones: at most `wanted`.

    They are started and ended; libraries of C code end the process where they are refused one.
    """
    end = Event()
    threads = [Thread(target=end.wait, daemon=True) for _ in range(wanted)]
    started = start(threads)
    end.set()
    for thread in threads[:started]:
        thread.join()
    return started


def usable(wanted: int) -> int:
    """How many of `wanted` threads can run, the caller's among them; said if it is fewer."""
    threads = 1 + startable(wanted - 1)
    warn_if_fewer(threads, wanted)
    return threads


@cache
def limit_torch(torch: Any) -> None:
    """Make PyTorch use no more threads than can be started."""
    wanted = torch.get_num_threads()
    threads = usable(wanted)
    if threads < wanted:
        torch.set_num_threads(threads)


@cache
def warn_if_fewer(threads: int, wanted: int) -> None:
    """Say once on stderr that fewer threads are used than were wanted; results are the same."""
    if threads < wanted:
        message = "the system lets %d of %d threads start (see `ulimit -u`); that is slower"
        logging.getLogger("nnspec").warning(message, threads, wanted)
