"""`nnspec check`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click

from nnspec import passes
from nnspec import spec as specs
from nnspec.cli import options
from nnspec.cli.output import say, say_json
from nnspec.errors import NnspecError, Problem
from nnspec.spec import Spec
from nnspec.summary import Summary, summarise

MISSED = "expectation"


class Checked(NamedTuple):
    """What was found out about one file."""

    path: Path
    summary: Summary | None
    problems: tuple[Problem, ...]


@click.command()
@click.argument(
    "paths", metavar="SPEC...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@options.as_json
def command(paths: tuple[Path, ...], as_json: bool) -> int:
    """Validate each SPEC: its keys, values and shapes, and the parameter count that it expects."""
    checked = [check(path) for path in paths]
    if as_json:
        say_json([plain(one) for one in checked])
    else:
        for one in checked:
            show(one)
    return exit_code(checked)


def check(path: Path) -> Checked:
    """Load and compile one spec, keeping its mistakes."""
    try:
        spec = specs.load(path)
        summary = summarise(passes.compile_spec(spec))
    except NnspecError as error:
        return Checked(path, None, error.problems)
    return Checked(path, summary, tuple(_missed(spec, summary)))


def show(checked: Checked) -> None:
    """A line for a good spec, on stdout; the problems of a bad one, on stderr."""
    if checked.summary and not checked.problems:
        say(f"{checked.path}: ok, {checked.summary.parameters:,} parameters")
    else:
        print(NnspecError(checked.problems), file=sys.stderr)


def plain(checked: Checked) -> dict[str, Any]:
    """An item of `check --json`."""
    problems = [_plain(problem) for problem in checked.problems]
    return {"spec": str(checked.path), "ok": not problems, "problems": problems}


def exit_code(checked: Sequence[Checked]) -> int:
    """0: all good; 1: nothing but missed expectations; 2: something is wrong."""
    codes = {problem.code for one in checked for problem in one.problems}
    return 0 if not codes else 1 if codes == {MISSED} else 2


def _missed(spec: Spec, summary: Summary) -> list[Problem]:
    expected = spec.expect.parameters if spec.expect else None
    if expected in (None, summary.parameters):
        return []
    message = f"{expected:,} parameters are expected and the network has {summary.parameters:,}"
    return [Problem(message, spec.locate("expect", "parameters"), code=MISSED)]


def _plain(problem: Problem) -> dict[str, Any]:
    place = problem.where
    return {
        "severity": problem.severity,
        "code": problem.code,
        "file": place.document.name if place else None,
        "line": place.line + 1 if place else None,
        "column": place.column + 1 if place else None,
        "message": problem.message,
        "hint": problem.hint,
    }
