"""`nnspec run`: train a spec, evaluate it, and write the run's folder."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import click

from nnspec.cli import options
from nnspec.cli.main import INTERRUPTED
from nnspec.cli.output import print_json, print_text
from nnspec.cli.render.progress import ProgressDisplay
from nnspec.cli.render.tables import expectations_table, metrics_table
from nnspec.cli.signals import stop_on_interrupt
from nnspec.compute import ComputeConfig, Precision
from nnspec.runs.expectations import all_met
from nnspec.runs.trainer import RunReport, run
from nnspec.spec import loader
from nnspec.training.memory_check import limit_memory


@click.command()
@options.spec_and_overrides
@options.compute_options
@click.option("--seed", type=click.IntRange(min=0), help="Instead of the spec's train.seed.")
@click.option("-o", "--out", type=options.FilePath(), default=Path("runs"),
              show_default=True, help="Where runs are kept.")  # fmt: skip
@options.as_json
def command(
    spec: Path, overrides: tuple[str, ...], backend: str, device: str, precision: Precision,
    seed: int | None, out: Path, as_json: bool,
) -> int:  # fmt: skip
    """Train SPEC, evaluate it, and keep the run in a new folder.

    Words like train.epochs=3 change values of the spec. Ctrl-C ends the training after the
    update at hand; the run folder can be evaluated and predicted with all the same.
    """
    loaded = loader.load(spec, options.with_option(overrides, "--seed", "train.seed", seed))
    # NumPy raises MemoryError at the limit; other frameworks would abort the process.
    guard = limit_memory() if backend == "numpy" else nullcontext()
    with guard, ProgressDisplay(text=not as_json) as display, stop_on_interrupt() as stop:
        display.should_stop = stop  # type: ignore[method-assign]
        report = run(loaded, ComputeConfig(backend, precision, device), out, display)
    if as_json:
        print_json(report.plain())
    else:
        print_text(_closing(report))
    return _exit_code(report)


def _closing(report: RunReport) -> str:
    """The last lines: metrics, expectations, and where the run is."""
    if report.interrupted:
        epochs = f"whole epochs: {len(report.epochs):,}"
        return f"interrupted; the weights so far are in {report.run} ({epochs})"
    parts = [metrics_table(report.metrics)]
    if report.expectations:
        parts.append(expectations_table(report.expectations))
    parts.append(f"weights {report.weights_sha256}\n{report.seconds:.1f} s, kept in {report.run}")
    return "\n" + "\n\n".join(parts)


def _exit_code(report: RunReport) -> int:
    if report.interrupted:
        return INTERRUPTED
    return 0 if all_met(report.expectations) else 1
