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
from nnspec.distributed.join import check_backend
from nnspec.errors import RunError, visible
from nnspec.runs.expectations import all_met
from nnspec.runs.file_names import BEST
from nnspec.runs.listener import RunListener
from nnspec.runs.report import BestCheckpoint, EarlyStoppingResult, RunReport
from nnspec.runs.resume import recorded_compute
from nnspec.training.memory_check import limit_memory


def train(
    backend: str, training: Callable[[RunListener], RunReport], progress: str, *, as_json: bool
) -> int:
    """Call a training that tells a listener of its progress; print its report; the exit code."""
    check_backend(backend)
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
    parts[:0] = filter(None, [_kept_text(report.best_checkpoint), _end_text(report)])
    if report.expectations:
        parts.append(expectations_table(report.expectations))
    parts.append(f"weights {report.weights_sha256}\n{report.seconds:.1f} s, kept in {report.run}")
    return "\n" + "\n\n".join(parts)


def _end_text(report: RunReport) -> str:
    """What ended a run early, in a line, and which epoch was best; nothing of a whole run."""
    stop, early = report.early_stopping, _early_end(report)
    if stop:
        return f"{early or 'all epochs are done'}; {_best_text(stop)}"
    return early


def _early_end(report: RunReport) -> str:
    """What ended a run before its last epoch; nothing if nothing did."""
    length, epochs = report.length, len(report.epochs)
    if length and length.is_out_of_time:
        budget = f"the time budget of {length.time_budget:g} s"
        return f"{budget} ended the training in epoch {epochs:,}, after {length.steps:,} steps"
    if report.stopped_by:
        return f"stopped after {epochs:,} epochs, as {' and '.join(report.stopped_by)} asked"
    is_early = report.early_stopping and report.early_stopping.stopped
    return f"stopped early, after {epochs:,} epochs" if is_early else ""


def _best_text(stop: EarlyStoppingResult) -> str:
    """Which epoch was best, and whose weights there are."""
    if stop.best is None:
        return "none of them counts for early stopping"
    weights = "its weights are kept" if stop.restored else "the weights are the last ones"
    return f"{stop.monitor} was best after epoch {stop.best_epoch}: {number(stop.best)}; {weights}"


def _kept_text(kept: BestCheckpoint | None) -> str:
    """Which epoch's weights are kept as the best ones, in a line; nothing where none are."""
    if kept is None:
        return ""
    if kept.best is None:
        return f"{kept.monitor} was a number after no epoch, so no best weights are kept"
    place = f"best after epoch {kept.best_epoch}: {number(kept.best)}"
    return f"{kept.monitor} was {place}; the weights after it are in {BEST}"


def _exit_code(report: RunReport) -> int:
    if report.interrupted:
        return interrupt_code()
    return 0 if all_met(report.expectations) else 1
