"""Printing on stdout: text and JSON."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from nnspec.errors import SourceSpan


def print_text(text: str) -> None:
    """Print a text and a newline; output into a closed pipe is discarded."""
    try:
        click.echo(text)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


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
