"""Printing: text and JSON on stdout, errors on stderr."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Any, TextIO

import click

from nnspec.errors import SourceSpan


def print_text(text: str) -> None:
    """Print a text and a newline; output into a closed pipe is discarded."""
    try:
        click.echo(text)
    except BrokenPipeError:
        discard(sys.stdout)


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
    """Whether a stream is a pipe without a reader; then discard what it holds."""
    try:
        stream.flush()
    except BrokenPipeError:
        discard(stream)
        return True
    return False


def print_json(values: Any) -> None:
    """Print values as JSON."""
    from nnspec.runs.atomic_files import to_json  # imported late: `summary` starts without it

    print_text(to_json(values))


def place_json(place: SourceSpan | None) -> dict[str, Any]:
    """The file, line and column of a place, counted from 1."""
    return {
        "file": place.document.name if place else None,
        "line": place.line + 1 if place else None,
        "column": place.column + 1 if place else None,
    }
