"""Printing on stdout: text and JSON."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Any

import click

from nnspec.errors import SourceSpan


def print_text(text: str) -> None:
    """Print a text and a newline; output into a closed pipe is discarded."""
    try:
        click.echo(text)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_note(text: str) -> None:
    """Print what a user should know of a run, on stderr if it is open."""
    with suppress(OSError):
        click.echo(f"note: {text}", err=True)


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
