"""`nnspec check`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click

from nnspec.cli import options
from nnspec.cli.output import print_json, print_text
from nnspec.errors import NnspecError, Problem, rendered
from nnspec.graph.compile import compile_spec
from nnspec.graph.summary import Summary, summarise
from nnspec.lint import rules
from nnspec.spec import loader
from nnspec.spec.document import Spec
from nnspec.tuning.trial_spec import validate_tune

MISSED = "expectation"


class Checked(NamedTuple):
    """What was found out about one file: what is wrong with it, and advice."""

    path: Path
    summary: Summary | None
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> list[Problem]:
        """What is wrong."""
        return [problem for problem in self.problems if problem.severity != rules.ADVICE]

    @property
    def advice(self) -> list[Problem]:
        """What may be better."""
        return [problem for problem in self.problems if problem.severity == rules.ADVICE]


@click.command()
@click.argument(
    "paths", metavar="SPEC...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@options.as_json
def command(paths: tuple[Path, ...], as_json: bool) -> int:
    """Validate each SPEC: its keys, values and shapes, and the parameter count that it expects.

    The advice of `nnspec lint` follows; it does not change the exit code.
    """
    checked = [check(path) for path in paths]
    if as_json:
        print_json([plain(one) for one in checked])
    else:
        for one in checked:
            show(one)
        show_advice(checked)
    return exit_code(checked)


def check(path: Path) -> Checked:
    """Load and compile one spec, keeping its mistakes and the advice on it."""
    try:
        spec = loader.load(path)
        graph = compile_spec(spec)
        if spec.tune:
            validate_tune(spec)
        summary, advice = summarise(graph), rules.advise(spec, graph)
    except NnspecError as error:
        return Checked(path, None, error.problems)
    return Checked(path, summary, (*_missed(spec, summary), *advice))


def show(checked: Checked) -> None:
    """A line for a good spec, on stdout; the problems of a bad one, on stderr."""
    if checked.summary and not checked.errors:
        print_text(f"{checked.path}: ok, {checked.summary.parameters:,} parameters")
    else:
        print(rendered(checked.errors), file=sys.stderr)


def show_advice(checked: Sequence[Checked]) -> None:
    """The advice on all specs, on stdout."""
    advice = [problem for one in checked for problem in one.advice]
    if advice:
        print_text(rendered(advice))


def plain(checked: Checked) -> dict[str, Any]:
    """An item of `check --json`."""
    problems = [_plain(problem) for problem in checked.problems]
    return {"spec": str(checked.path), "ok": not checked.errors, "problems": problems}


def exit_code(checked: Sequence[Checked]) -> int:
    """0: nothing but advice; 1: nothing worse than missed expectations; 2: something is wrong."""
    codes = {problem.code for one in checked for problem in one.errors}
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
