"""What `run` and `resume` share: a training with its progress, Ctrl-C, and the last lines."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from nnspec.cli.output import print_json, print_text
from nnspec.cli.render.progress import ProgressDisplay
from nnspec.cli.render.tables import expectations_table, metrics_table, number
from nnspec.cli.signals import interrupt_code, stop_on_interrupt
from nnspec.compute import ComputeConfig, Precision
from nnspec.errors import RunError, visible
from nnspec.runs.expectations import all_met
from nnspec.runs.listener import RunListener
from nnspec.runs.report import EarlyStoppingResult, RunReport
from nnspec.runs.resume import recorded_compute
from nnspec.training.memory_check import limit_memory


def train(
    backend: str, training: Callable[[RunListener], RunReport], progress: str, *, as_json: bool
) -> int:
    """Call a training that tells a listener of its progress; print its report; the exit code."""
    # NumPy raises MemoryError at the limit; other frameworks would abort the process.
    guard = limit_memory() if backend == "numpy" else nullcontext()
    with guard, ProgressDisplay(progress, text=not as_json) as display, stop_on_interrupt() as stop:
        display.should_stop = stop  # type: ignore[method-assign]
        report = training(display)
    if as_json:
        print_json(report.plain())
    else:
        print_text(_closing(report))
    return _exit_code(report)


def compute_to_resume(
    run: Path, backend: str | None, device: str | None, precision: Precision | None
) -> ComputeConfig:
    """How a run goes on: as it was computed, but for what is given."""
    try:
        before = recorded_compute(run)
    except RunError:
        if backend is None or precision is None:
            raise
        return ComputeConfig(backend, precision, device or "cpu")
    same = backend in (None, before.backend)
    return ComputeConfig(
        backend or before.backend,
        precision or before.precision,
        device or (before.device if same else "cpu"),
    )


def _closing(report: RunReport) -> str:
    """The last lines: metrics, expectations, and where the run is."""
    if report.interrupted:
        epochs, run = f"whole epochs: {len(report.epochs):,}", visible(str(report.run))
        kept = f"interrupted; the weights so far are in {run} ({epochs})"
        return f"{kept}\n`nnspec resume {run}` goes on"
    parts = [metrics_table(report.metrics)]
    if report.early_stopping:
        parts.insert(0, _early_stop_text(report.early_stopping, len(report.epochs)))
    if report.expectations:
        parts.append(expectations_table(report.expectations))
    parts.append(f"weights {report.weights_sha256}\n{report.seconds:.1f} s, kept in {report.run}")
    return "\n" + "\n\n".join(parts)


def _early_stop_text(stop: EarlyStoppingResult, epochs: int) -> str:
    """What early stopping has made of a run, in a line."""
    ended = f"stopped early, after {epochs:,} epochs" if stop.stopped else "all epochs are done"
    if stop.best is None:
        return f"{ended}; none of them counts for early stopping"
    weights = "its weights are kept" if stop.restored else "the weights are the last ones"
    best = f"{stop.monitor} was best after epoch {stop.best_epoch}: {number(stop.best)}"
    return f"{ended}; {best}; {weights}"


def _exit_code(report: RunReport) -> int:
    if report.interrupted:
        return interrupt_code()
    return 0 if all_met(report.expectations) else 1
