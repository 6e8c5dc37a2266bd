"""Ctrl-C, SIGTERM and their kin: as a KeyboardInterrupt, or as a request to stop cleanly."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGXCPU")  # the last two are not on every system
Handler = Callable[[int, FrameType | None], None]


_received: list[int] = []  # the numbers of the signals that have come


def interrupt_code() -> int:
    """The exit code after an interrupt: 128 and the number of the first signal that has come."""
    return 128 + (_received[0] if _received else signal.SIGINT)


class _Interrupt:
    """Signal handler: the first signal raises KeyboardInterrupt, the next one ends the process."""

    def __init__(self) -> None:
        self.received = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        _received.append(number)
        if self.received:
            os._exit(interrupt_code())
        self.received = True
        raise KeyboardInterrupt

    def unraisable(self, found: Any) -> None:
        """End the process if Python dropped the interrupt, as it does in destructors."""
        if issubclass(found.exc_type, KeyboardInterrupt):
            os._exit(interrupt_code())
        sys.__unraisablehook__(found)


_interrupt = _Interrupt()


def interrupted() -> bool:
    """Whether a signal has raised KeyboardInterrupt, perhaps turned into another exception."""
    return _interrupt.received


@contextmanager
def raise_interrupts() -> Iterator[None]:
    """Raise KeyboardInterrupt at the first signal within the context; for the main program."""
    sys.unraisablehook = _interrupt.unraisable
    with _handled_by(_interrupt):
        yield


@contextmanager
def stop_on_interrupt() -> Iterator[Callable[[], bool]]:
    """Yield a function that tells whether a signal has come; the second one interrupts.

    So does the first one where nobody has asked yet, as while data are read before a training.
    """
    stop = _StopRequest()
    with _handled_by(stop.handle, always=("SIGINT", "SIGTERM")):
        yield stop


class _StopRequest:
    """Tells whether a signal has come."""

    def __init__(self) -> None:
        self.asked, self.received = False, False

    def __call__(self) -> bool:
        self.asked = True
        return self.received

    def handle(self, number: int, __: FrameType | None) -> None:
        """Keep the first signal for the next question, if there has been one."""
        _received.append(number)
        if self.received or not self.asked:
            raise KeyboardInterrupt
        self.received = True


@contextmanager
def _handled_by(handler: Handler, always: tuple[str, ...] = ()) -> Iterator[None]:
    """Handle all signals but those that are ignored, as under `nohup`."""
    numbers = {name: getattr(signal, name) for name in _NAMES if hasattr(signal, name)}
    previous = {
        number: signal.signal(number, handler)
        for name, number in numbers.items()
        if name in always or signal.getsignal(number) != signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, before in previous.items():
            signal.signal(number, signal.SIG_DFL if before is None else before)
