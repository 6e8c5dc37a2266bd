"""`python -m nnspec`, and the entry point of the `nnspec` command."""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys

_BY_SIGNAL = 128  # and the number of a signal is the exit code of what it ends
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGXCPU")  # the last two are not on every system


def main() -> None:
    """Run the command line and exit with its code."""
    _exit_on_interrupt()
    codes: list[int] = []
    atexit.register(_end, codes)
    _open_missing_streams()
    _require_unicode_file_names()
    # Looking for pydantic's plug-ins reads the metadata of every installed package: 20 ms.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # The NumPy backend has threads of its own. Those of BLAS spin while they wait for each other,
    # which makes both slow where anything else runs. BLAS reads this when NumPy is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # A spec of thousands of layers makes many objects and hardly a cycle: look for them rarely.
    gc.set_threshold(100_000)
    try:
        from nnspec.cli import main as command_line
        from nnspec.cli import signals
    except (ImportError, MemoryError, OSError) as error:
        sys.exit(_cannot_start(error))
    try:
        with signals.raise_interrupts():
            codes.append(command_line.run(sys.argv[1:]))
    except KeyboardInterrupt:  # while the message of another error was printed
        codes.append(signals.interrupt_code())
    sys.exit(codes[0])


def _exit_on_interrupt() -> None:
    """Make Ctrl-C and SIGTERM end the process at once, while modules are imported or it ends.

    A signal that the process was started to ignore, as by `nohup`, stays ignored.
    """
    for name in _SIGNALS:
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _exit)


def _exit(number: int, _: object) -> None:
    os._exit(_BY_SIGNAL + number)


def _end(codes: list[int]) -> None:
    """Called last of all functions at exit, since it is registered first.

    Later Python gives signals their default action; and where an interrupt went through code that
    a library made from a string, Python kills itself by SIGINT instead of exiting with a code.
    """
    for name in _SIGNALS:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    if codes and codes[0] > _BY_SIGNAL:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                continue
        os._exit(codes[0])


def _open_missing_streams() -> None:
    """Open the null device for each standard stream that is closed.

    Otherwise the next file that is opened takes its number, and what a library of C code writes
    to stderr would stand in it.
    """
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            stream = open(os.devnull, "r+", encoding="utf-8")  # noqa: PTH123, SIM115  (stays open)
            os.set_inheritable(stream.fileno(), True)
            setattr(sys, name, stream)


def _require_unicode_file_names() -> None:
    """Start Python again in its UTF-8 mode if it cannot name files beyond ASCII.

    That is so in the C locale where PYTHONUTF8=0 keeps Python from taking UTF-8 by itself.
    """
    ascii_names = sys.getfilesystemencoding() == "ascii"
    if ascii_names and "utf8" not in sys._xoptions and sys.executable:  # noqa: SLF001
        command = [sys.executable, "-X", "utf8", *sys.orig_argv[1:]]
        os.execv(sys.executable, command)  # noqa: S606


def _cannot_start(error: Exception) -> int:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    print(f"error: nnspec cannot start: {lines[-1]}", file=sys.stderr)  # noqa: T201
    return 2


if __name__ == "__main__":
    main()
