"""Words of the command line: paths, and overrides of a spec's values."""

from __future__ import annotations

import os
from pathlib import Path

import click

from nnspec.errors import NnspecError, Problem, argument_place
from nnspec.language.paths import PathError, written_path


def argument_path(text: str) -> Path:
    """The path that an argument of the command line names; a located error where it is none."""
    try:
        return written_path(text)
    except PathError as error:
        message, hint = error.args
        raise NnspecError(Problem(message, argument_place(text), hint)) from None


def is_override(word: str) -> bool:
    """Whether a word has a `=` and names no file."""
    return "=" in word and not os.path.lexists(word)


def lacks_spec(override: str) -> click.UsageError:
    """The error of an override without a spec."""
    return click.UsageError(f"{override!r} changes a value of a spec: name the spec first")
