"""`nnspec check`: validate specs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click

from nnspec.cli import options
from nnspec.cli.output import print_error, print_json, print_text, problem_json
from nnspec.cli.spec_words import SPECS, SpecWords
from nnspec.errors import NnspecError, Problem, argument_place, rendered
from nnspec.graph.compile import compile_spec
from nnspec.graph.ir import Graph
from nnspec.graph.summary import Summary, summarise
from nnspec.lint import rules
from nnspec.runs.expectations import COUNTS, Expectation, compare_counts
from nnspec.spec import loader
from nnspec.spec.document import Spec
from nnspec.training.data_shapes import with_data_shapes
from nnspec.tuning.trial_spec import validate_tune

MISSED = "expectation"  # code of a problem: an expectation that is not met


class SpecCheck(NamedTuple):
    """The result of checking one file: errors and advice; no summary if it cannot be compiled."""

    path: Path
    summary: Summary | None
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> list[Problem]:
        """The problems that make the spec wrong."""
        return [problem for problem in self.problems if problem.severity != rules.ADVICE]

    @property
    def advice(self) -> list[Problem]:
        """The problems that are only advice."""
        return [problem for problem in self.problems if problem.severity == rules.ADVICE]


@click.command()
@SPECS
@options.as_json
def command(specs: tuple[SpecWords, ...], as_json: bool) -> int:
    """Validate each SPEC: its keys, values and shapes, and the parameter counts that it expects.

    The advice of `nnspec lint` follows; it does not change the exit code. Words like
    train.epochs=3 change values of the spec, where it is the only one.
    """
    results = [check(one.path, one.overrides) for one in specs]
    if as_json:
        print_json([plain(one) for one in results])
    else:
        for one in results:
            show(one)
        show_advice(results)
    return exit_code(results)


def check(path: Path, overrides: Sequence[str] = ()) -> SpecCheck:
    """Load and compile one spec, collecting its errors and the advice on it."""
    try:
        spec = with_data_shapes(loader.load(path, overrides))
        graph = compile_spec(spec)
        _check_sections(spec)
        advice = [*rules.advise(spec, graph), *_data_advice(spec, graph)]
        summary = summarise(graph)
    except NnspecError as error:
        place = None if path.is_file() else argument_place(str(path))
        return SpecCheck(path, None, tuple(problem.at(place) for problem in error.problems))
    return SpecCheck(path, summary, (*_missed_expectations(spec, summary), *advice))


def _check_sections(spec: Spec) -> None:
    """Raise NnspecError where a run or a search would refuse what sections say together."""
    if spec.tune:
        validate_tune(spec)
    if spec.data and spec.data.source.has_header:
        from nnspec.data.reading import check_header  # imports NumPy

        check_header(spec)
    if spec.data and spec.data.stream:
        from nnspec.training.stream_check import check_streamed  # few data are streamed

        check_streamed(spec)


def _data_advice(spec: Spec, graph: Graph) -> list[Problem]:
    """What the rows that the spec holds show; an NnspecError where a run would refuse them."""
    if spec.data is None or spec.data.source.kind not in ("rows", "synthetic"):
        return []
    from nnspec.training.prepared_data import check_written_data  # imports NumPy

    return check_written_data(spec, graph)


def show(result: SpecCheck) -> None:
    """Print a line for a valid spec on stdout, or the errors on stderr."""
    if result.summary and not result.errors:
        print_text(f"{result.path}: ok, {result.summary.parameters:,} parameters")
    else:
        print_error(rendered(result.errors))


def show_advice(results: Sequence[SpecCheck]) -> None:
    """Print the advice on all specs on stdout."""
    advice = [problem for one in results for problem in one.advice]
    if advice:
        print_text(rendered(advice))


def plain(result: SpecCheck) -> dict[str, Any]:
    """An item of `check --json`."""
    problems = [problem_json(problem) for problem in result.problems]
    return {"spec": str(result.path), "ok": not result.errors, "problems": problems}


def exit_code(results: Sequence[SpecCheck]) -> int:
    """0 with advice only, 1 with missed expectations only, 2 with any other error."""
    codes = {problem.code for one in results for problem in one.errors}
    return 0 if not codes else 1 if codes == {MISSED} else 2


def _missed_expectations(spec: Spec, summary: Summary) -> list[Problem]:
    """A problem for each number of parameters that is not the expected one."""
    counts = compare_counts(spec.expect, summary) if spec.expect else ()
    return [_missed(spec, count) for count in counts if not count.met]


def _missed(spec: Spec, count: Expectation) -> Problem:
    has = f"are expected and the network has {count.actual:,}"
    message = f"{count.expected:,} {COUNTS[count.name]} {has}"
    return Problem(message, spec.locate("expect", count.name), code=MISSED)
