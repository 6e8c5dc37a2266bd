"""Printing: text and JSON on stdout, errors on stderr."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

import click

from nnspec.errors import Problem, SourceSpan


def print_text(text: str) -> None:
    """Print a text and a newline; it is discarded where nobody can read it any more."""
    with _discarded_unread():
        click.echo(text)


def print_bytes(content: bytes) -> None:
    """Write bytes to stdout, whatever its encoding; as `print_text` does."""
    with _discarded_unread():
        click.echo(content, nl=False)


@contextmanager
def _discarded_unread() -> Iterator[None]:
    """Context that discards stdout from now on where nobody reads what is written to it."""
    try:
        yield
    except OSError as error:
        if not _is_unread(sys.stdout, error):
            raise OSError(error.errno, error.strerror, "stdout") from None
        discard(sys.stdout)


def _is_unread(stream: TextIO, error: OSError) -> bool:
    """Whether a stream failed because its pipe has no reader, or its terminal was closed."""
    if isinstance(error, BrokenPipeError):
        return True
    with suppress(OSError, ValueError):
        is_device = stat.S_ISCHR(os.fstat(stream.fileno()).st_mode)
        return error.errno == errno.EIO and is_device
    return False


def print_error(text: str) -> None:
    """Print a text on stderr; it is discarded if stderr cannot be written."""
    try:
        click.echo(text, err=True)
    except OSError:
        discard(sys.stderr)


def discard(stream: TextIO) -> None:
    """Discard what a stream holds and what is written to it from now on."""
    with suppress(OSError, ValueError):  # ValueError: a stream of a test has no file number
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def discard_if_broken(stream: TextIO) -> bool:
    """Whether nobody reads a stream; then discard what it holds."""
    try:
        stream.flush()
    except OSError as error:
        if _is_unread(stream, error):
            discard(stream)
            return True
    return False


def print_note(text: str) -> None:
    """Print what a user should know of a run, on stderr if it is open."""
    with suppress(OSError):
        click.echo(f"note: {text}", err=True)


def print_json(values: Any) -> None:
    """Print values as JSON."""
    from nnspec.runs.atomic_files import to_json  # imported late: `summary` starts without it

    print_text(to_json(values))


def problem_json(problem: Problem) -> dict[str, Any]:
    """A problem as an item of `problems`."""
    span = problem.where
    uses = span.uses() if span else []
    return {
        "severity": problem.severity,
        "code": problem.code,
        **place_json(span),
        "message": problem.message,
        "hint": problem.hint,
        "uses": [{**place_json(use), "role": use.role or "used"} for use in uses],
    }


def place_json(place: SourceSpan | None) -> dict[str, Any]:
    """The file, line and column of a place, counted from 1."""
    return {
        "file": place.document.name if place else None,
        "line": place.line + 1 if place else None,
        "column": place.column + 1 if place else None,
    }
