"""What commands print on stdout."""

from __future__ import annotations

import os
import sys
from typing import Any

import click


def print_text(text: str) -> None:
    """A text, and a new line. Where nobody reads any more, as after `head`, it is dropped."""
    try:
        click.echo(text)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_json(values: Any) -> None:
    """Values as JSON."""
    from nnspec.runs.atomic_files import to_json  # `summary` starts without it

    print_text(to_json(values))
