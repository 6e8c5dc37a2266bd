"""Start of processes that ignore Ctrl-C, and do not run the caller's script once more."""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from threading import Lock, current_thread, main_thread
from types import ModuleType

from nnspec.options.component import DEFINED

_LOCK = Lock()  # of `__main__`, which threads replace one at a time


def start_process(process: BaseProcess) -> None:
    """Start a process, which must not stem from a script that such a process runs."""
    refuse_in_starting_process()
    with ignored_interrupts(), hidden_script():
        process.start()


def refuse_in_starting_process() -> None:
    """End this process if it has not begun its work: it runs the caller's script."""
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        line = 'if __name__ == "__main__":'
        message = f"nnspec starts processes that import this script: write its calls under {line}"
        raise SystemExit(f"error: {message}")


@contextmanager
def ignored_interrupts() -> Iterator[None]:
    """Make processes that are started within the context ignore Ctrl-C from their start.

    The terminal sends it to them too; they end when the parent process closes their pipe.
    """
    if current_thread() is not main_thread():  # only the main thread may set signal handlers
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def hidden_script() -> Iterator[None]:
    """Make processes that are started within the context not import the caller's script.

    A script that defines components, or imports them, is imported: a process needs them.
    """
    if any(not cls.__module__.startswith("nnspec.") for cls in DEFINED.values()):
        yield
        return
    with _LOCK:
        script = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = script
