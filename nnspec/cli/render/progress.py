"""Progress of a run in a terminal: a bar on stderr, a line for each epoch on stdout."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import Self, TextIO

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from nnspec.backends.thread_limit import startable
from nnspec.cli.output import print_text
from nnspec.cli.render.balance_lines import balance_lines
from nnspec.cli.render.epoch_interval import ShownEpochs
from nnspec.cli.render.slow_stage import SlowStage
from nnspec.cli.render.split_table import split_table
from nnspec.cli.render.tables import metrics_line
from nnspec.data.row_counts import RowCounts
from nnspec.errors import Problem
from nnspec.graph.summary import Summary
from nnspec.graph.summary_table import table
from nnspec.runs.trainer import RunListener
from nnspec.spec.document import Spec
from nnspec.training.balance import Balance
from nnspec.training.loop import Epoch
from nnspec.training.loop import Progress as Position
from nnspec.training.monitoring.preflight import Preflight
from nnspec.training.part_sizes import PartSizes

_LARGE = 10**6  # weights; the stages of smaller networks are short


class ProgressDisplay(RunListener):
    """Prints metrics on stdout, and shows a progress bar if stderr is a terminal."""

    def __init__(self, *, text: bool = True) -> None:
        self.text = text  # whether to print on stdout
        self.epochs, self.is_split = 0, False
        self.shown = ShownEpochs(0)
        self.bar = Progress(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[metrics]}"),
            TimeRemainingColumn(compact=True), console=Console(stderr=True), transient=True,
            disable=not shows_bar(), redirect_stdout=is_terminal(sys.stdout),
        )  # fmt: skip
        self.stage, self.is_large = SlowStage(), False
        self.task = self.bar.add_task("preparing", total=None, metrics="")

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stage.end()
        self.bar.stop()

    def print_line(self, text: str) -> None:
        """Print a line on stdout, above the bar."""
        if self.text:
            print_text(text)

    def on_prepare(self, parameters: int) -> None:
        """Say what is prepared, if it is large and takes long."""
        self.is_large = parameters >= _LARGE
        self.begin_stage(f"preparing {parameters:,} weights and the data ...")

    def begin_stage(self, text: str) -> None:
        """Show a stage in the bar, or where there is none on a line if it takes long."""
        if self.bar.disable and self.is_large:
            self.stage.begin(text)
        self.bar.update(self.task, description=text)

    def on_run_begin(self, summary: Summary, spec: Spec, folder: Path) -> None:
        """Print the summary and the run's folder, and where epochs without a line are."""
        self.epochs, self.is_split = spec.train.epochs, _is_split(spec)
        self.shown = ShownEpochs(self.epochs)
        self.print_line(f"{table(summary)}\n\nrun {folder}")
        if self.shown.interval > 1:
            every = f"every {self.shown.interval:,} epochs a line"
            self.print_line(f"{every}; all {self.epochs:,} are in {folder / 'history.csv'}")
        self.begin_stage("saving the first weights, and training ...")

    def on_splits(self, sizes: PartSizes) -> None:
        """Print the rows of each part on stderr, where the spec splits them."""
        if self.is_split:
            with suppress(OSError):
                click.echo(split_table(sizes), err=True)

    def on_refused_rows(self, counts: RowCounts) -> None:
        """Print on stderr how many rows are not used, and why."""
        with suppress(OSError):
            click.echo(str(counts), err=True)

    def on_balance(self, balance: Balance) -> None:
        """Print class weights and oversampling on stderr, if it is open."""
        with suppress(OSError):
            for line in balance_lines(balance):
                click.echo(line, err=True)

    def on_advice(self, advice: Problem) -> None:
        """Print a piece of advice on stderr, if it is open."""
        with suppress(OSError):
            click.echo(advice.render(), err=True)

    def on_preflight(self, preflight: Preflight) -> None:
        """Print on stderr how long the training may take, if it is open."""
        with suppress(OSError):
            click.echo(str(preflight), err=True)

    def on_progress(self, progress: Position) -> None:
        """Advance the bar; it covers all epochs, so that its time is that of the whole training."""
        self.stage.end()
        self.bar.update(
            self.task,
            description=f"epoch {progress.epoch}/{self.epochs}",
            completed=(progress.epoch - 1) * progress.batches + progress.batch,
            total=self.epochs * progress.batches,
            metrics=metrics_line(progress.metrics),
        )

    def on_epoch_end(self, epoch: Epoch) -> None:
        """Print a line for an epoch; of very many, for some."""
        if not self.shown.shows(epoch.epoch, epoch.seconds):
            return
        line = f"epoch {epoch.epoch}/{self.epochs}  {metrics_line(epoch.metrics)}"
        if epoch.validation:
            line += f"  validation {metrics_line(epoch.validation)}"
        self.print_line(f"{line}  {epoch.seconds:.1f} s")

    def on_evaluate_begin(self, part: str) -> None:
        """Show in the bar which split is being evaluated."""
        self.bar.update(self.task, description=f"evaluating {part}", metrics="", total=None)


def _is_split(spec: Spec) -> bool:
    """Whether a spec says how the source's rows are split."""
    is_written = spec.train.validation_split is not None
    return is_written or (spec.data is not None and spec.data.split is not None)


def shows_bar() -> bool:
    """Whether stderr is a terminal, and the thread that draws the bar can be started."""
    return is_terminal(sys.stderr) and startable(1) == 1


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a stream is a terminal; it is None if it was closed before the start."""
    return stream is not None and stream.isatty()
