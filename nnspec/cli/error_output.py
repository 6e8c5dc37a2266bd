"""Errors as JSON on stdout, for commands that were asked for --json."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from nnspec.cli.output import discard, print_json, problem_json
from nnspec.errors import NnspecError, Problem
from nnspec.runs.diverged_error import DivergedError


def print_error_json(arguments: Sequence[str], error: BaseException, message: str) -> None:
    """Print an error as `{"ok": false, "problems": [...]}` where the arguments hold --json.

    `message` is what stderr says of it; an NnspecError tells its problems itself.
    """
    if "--json" not in [argument.partition("=")[0] for argument in _options(arguments)]:
        return
    problems = error.problems if isinstance(error, NnspecError) else [_problem(error, message)]
    try:
        told = {"ok": False, "problems": [problem_json(one) for one in problems]}
        diagnosis = {"diagnosis": error.diagnosis} if isinstance(error, DivergedError) else {}
        print_json({**told, **diagnosis})
    except OSError:  # a full disk, of which stderr may still tell
        discard(sys.stdout)


def _options(arguments: Sequence[str]) -> Sequence[str]:
    """The arguments that may be options: those before `--`."""
    return arguments[: arguments.index("--")] if "--" in arguments else arguments


def _problem(error: BaseException, message: str) -> Problem:
    if isinstance(error, click.ClickException):
        return Problem(error.format_message(), code="usage")
    code = message if message == "interrupted" else "system"
    return Problem(message.removeprefix("error: "), code=code)
