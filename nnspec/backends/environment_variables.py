"""The environment variables of nnspec's own."""

from __future__ import annotations

import os
from pathlib import Path

from nnspec.errors import Document, NnspecError, Problem, SourceSpan, nearest, quoted

CACHE = "NNSPEC_CACHE"
DATA = "NNSPEC_DATA"
PROGRESS = "NNSPEC_PROGRESS"
THREADS = "NNSPEC_THREADS"
MAX_THREADS = 1024
_KNOWN = [CACHE, DATA, PROGRESS, THREADS]
_PREFIX = "NNSPEC_"


def thread_count() -> int | None:
    """The value of NNSPEC_THREADS; None where it is not set or empty. A located error if wrong."""
    text = os.environ.get(THREADS)
    if not text:
        return None
    if text.isascii() and text.isdecimal() and len(text) < 10 and 0 < int(text) <= MAX_THREADS:
        return int(text)
    message = f"{THREADS} must be a whole number from 1 to {MAX_THREADS:,}, not {quoted(text)}"
    raise _error(THREADS, message, "or unset it: then all processors are used")


def data_folder() -> Path | None:
    """The folder that NNSPEC_DATA names; None where it is not set or empty.

    A located error if there is no such folder.
    """
    text = os.environ.get(DATA)
    if not text:
        return None
    try:
        folder = Path(text).expanduser().absolute()
        if folder.is_dir():
            return folder
    except (ValueError, RuntimeError):  # a zero byte, an unknown ~user
        pass
    hint = "make the folder, or unset it: then the user's cache folder is used"
    raise _error(DATA, f"{DATA} must be a folder, and {quoted(text)} is none", hint)


def _error(variable: str, message: str, hint: str) -> NnspecError:
    """The error of a variable's value."""
    text = os.environ[variable]
    place = SourceSpan(Document(f"environment variable {variable}", text), 0, 0, max(1, len(text)))
    return NnspecError(Problem(message, place, hint))


def unknown_variables() -> dict[str, str]:
    """The variables that are named like nnspec's own and that nothing reads, each with a hint."""
    return {
        name: _hint(name.upper().removeprefix(_PREFIX))
        for name in sorted(os.environ)
        if name.upper().startswith(_PREFIX) and name not in _KNOWN
    }


def _hint(rest: str) -> str:
    """The variable that is meant, by what follows the common beginning of all names."""
    guess = nearest(rest, [name.removeprefix(_PREFIX) for name in _KNOWN])
    return f"did you mean {quoted(_PREFIX + guess)}?" if guess else f"known: {', '.join(_KNOWN)}"
