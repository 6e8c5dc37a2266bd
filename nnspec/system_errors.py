"""Messages for errors of the system: files, memory, processes, threads, libraries."""

from __future__ import annotations

import errno

_HINTS = {
    errno.EAGAIN: "a process or thread more than the limit allows; see `ulimit -u`",
    errno.EFBIG: "files may not be this large; see `ulimit -f`",
    errno.EMFILE: "the limit is that of `ulimit -n`",
}
_NO_THREAD = "can't start new thread"  # a RuntimeError of Python's


def system_message(error: BaseException) -> str | None:
    """The message of an error that the system caused; None for every other one."""
    if isinstance(error, OSError):
        return _os_message(error)
    if isinstance(error, MemoryError):
        return f"out of memory; a smaller batch_size, network or input needs less ({error})"
    if isinstance(error, RuntimeError) and str(error) == _NO_THREAD:
        return f"no thread can be started ({_HINTS[errno.EAGAIN]})"
    if isinstance(error, UnicodeEncodeError):
        return f"a file name cannot be written in {error.encoding}; set PYTHONUTF8=1"
    if isinstance(error, ImportError) and not (error.name or "").startswith("nnspec"):
        return f"a library cannot be imported: {_last_line(error)}"
    return None


def _os_message(error: OSError) -> str:
    where = f": {error.filename}" if error.filename else ""
    hint = _HINTS.get(error.errno or 0)
    return f"{error.strerror or error}{where}" + (f" ({hint})" if hint else "")


def first_line(error: Exception) -> str:
    """The first line of a message of a library; the name of its class where it has none."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _last_line(error: Exception) -> str:
    """The last line of a message: NumPy's reasons stand below a page of advice."""
    return (str(error).strip() or type(error).__name__).splitlines()[-1]
