"""`nnspec tune`: choose values of a spec by cross-validation."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
from rich.progress import Progress

from nnspec.cli import options
from nnspec.cli.main import INVALID
from nnspec.cli.output import print_error, print_json, print_text, problem_json
from nnspec.cli.render.progress_bar import is_terminal, shows_bar, stderr_console
from nnspec.cli.render.tables import aligned, number
from nnspec.cli.signals import interrupt_code, stop_on_interrupt
from nnspec.compute import ComputeConfig, Precision
from nnspec.errors import visible
from nnspec.explain.entries import to_flow_yaml
from nnspec.spec import loader
from nnspec.tuning.results import Results, TrialResult
from nnspec.tuning.tune import TuneReport, tune


@click.command()
@options.spec_and_overrides
@options.compute_options
@click.option("--jobs", type=click.IntRange(min=1),
              help="Processes that train at a time. Default: one a processor.")  # fmt: skip
@click.option("-o", "--out", type=options.FilePath(), default=Path("runs"),
              show_default=True, help="Where runs and studies are kept.")  # fmt: skip
@options.as_json
def command(
    spec: Path, overrides: tuple[str, ...], backend: str, device: str, precision: Precision,
    jobs: int | None, out: Path, as_json: bool,
) -> int:  # fmt: skip
    """Choose values of SPEC by k-fold cross-validation, as its `tune` section says.

    Each setting is trained on all folds but one and looked at on that one, whose rows neither
    the network nor the preprocessing has seen. The study is kept in OUT/NAME/tune; stopped in
    whatever way, the same command goes on with it. The winning spec is written there.
    """
    loaded = loader.load(spec, overrides)
    compute = ComputeConfig(backend, precision, device)
    with stop_on_interrupt() as stop, _FoldsBar() as bar:
        report = tune(loaded, compute, out, jobs or 0, bar.show, stop)
    print_json(_plain(report)) if as_json else print_text(_closing(report))
    if report.problem:
        print_error(report.problem.render())
        return INVALID
    return interrupt_code() if report.interrupted else 0


def _plain(report: TuneReport) -> dict[str, Any]:
    """The keys of `tune --json`."""
    if report.problem is None:
        return report.plain()
    return {"ok": False, "problems": [problem_json(report.problem)], **report.plain()}


class _FoldsBar(Progress):
    """A progress bar of folds, on stderr."""

    def __init__(self) -> None:
        super().__init__(
            *Progress.get_default_columns(), console=stderr_console(), transient=True,
            disable=not shows_bar(), redirect_stdout=is_terminal(sys.stdout),
        )  # fmt: skip
        self.task = self.add_task("preparing", total=None)
        self.shown = False

    def show(self, results: Results) -> None:
        """Advance the bar; the first call of a resumed study prints how much is done."""
        total = results.folds * results.settings
        self.update(self.task, description="folds", completed=results.folds_done, total=total)
        if not self.shown and results.folds_done:
            text = f"going on in {results.folder}: {results.folds_done} of {total} folds are done"
            print_error(text)
        self.shown = True


def _closing(report: TuneReport) -> str:
    """The table, the winning spec, and the study's folder."""
    results = report.results
    lines = [_table(results), ""] if results.rows else []
    if report.interrupted:
        total = results.folds * results.settings
        done = f"{results.folds_done} of {total} folds are done"
        return "\n".join([*lines, f"interrupted; {done}, the same command goes on"])
    folder = f"kept in {results.folder}"
    if report.no_plot:
        folder += f", without a plot: {report.no_plot}"
    winner = (
        f"the best, as a spec: {report.spec}"
        if report.spec
        else "no setting was trained to its end"
    )
    return "\n".join([*lines, winner, folder])


def _table(results: Results) -> str:
    """A table with a line for each setting; `*` marks the best."""
    paths = list(results.rows[0].parameters)
    head = ["", *paths, results.metric, "", "folds", "state"]
    rows = [_cells(row, paths, best=row is results.best) for row in results.rows]
    messages = [
        f"setting {row.number}: {visible(row.message)}" for row in results.rows if row.message
    ]
    return "\n".join([aligned([head, *rows]), *messages])


def _cells(row: TrialResult, paths: list[str], best: bool) -> list[str]:
    values = [
        _format_value(row.parameters[path]) if path in row.parameters else "" for path in paths
    ]
    mean = "" if row.mean is None else number(row.mean)
    spread = "" if row.std is None or len(row.values) < 2 else f"± {number(row.std)}"
    label = f"{row.number} *" if best else str(row.number)
    return [label, *values, mean, spread, str(len(row.values)), row.state]


def _format_value(value: object) -> str:
    """A value as YAML; floats with six digits."""
    return f"{value:.6g}" if isinstance(value, float) else visible(to_flow_yaml(value))
