"""Progress of a run: a line for each epoch on stdout, and its position on stderr."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

import click

from nnspec.cli.output import print_note, print_text
from nnspec.cli.render.balance_lines import balance_lines
from nnspec.cli.render.epoch_interval import ShownEpochs
from nnspec.cli.render.progress_bar import ProgressBar, shows_bar
from nnspec.cli.render.progress_indicator import ProgressIndicator
from nnspec.cli.render.progress_json import ProgressJson
from nnspec.cli.render.progress_lines import ProgressLines
from nnspec.cli.render.split_table import split_table
from nnspec.cli.render.tables import metrics_line
from nnspec.data.row_counts import RowCounts
from nnspec.errors import Problem
from nnspec.graph.summary import Summary
from nnspec.graph.summary_table import table
from nnspec.runs.listener import RunListener
from nnspec.spec.document import Spec
from nnspec.training.balance import Balance
from nnspec.training.batch_plan import BatchPlan
from nnspec.training.history import Epoch
from nnspec.training.loop import Progress
from nnspec.training.monitoring.preflight import Preflight
from nnspec.training.part_sizes import PartSizes
from nnspec.training.state import Position

_LARGE = 10**6  # weights; the stages of smaller networks are short


INDICATORS: dict[str, Callable[[], ProgressIndicator]] = {
    "auto": lambda: ProgressBar() if shows_bar() else ProgressLines(),
    "lines": ProgressLines,
    "json": ProgressJson,
    "none": ProgressIndicator,
}


class ProgressDisplay(RunListener):
    """Prints metrics on stdout, and shows the position on stderr."""

    def __init__(self, progress: str = "auto", *, text: bool = True) -> None:
        """`progress` is a key of INDICATORS; `text`, whether to print on stdout."""
        self.text, self.indicator = text, INDICATORS[progress]()
        self.epochs, self.is_split, self.is_large = 0, False, False
        self.folder, self.shown = Path(), ShownEpochs(0)

    def __enter__(self) -> Self:
        self.indicator.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.indicator.stop()

    def print_line(self, text: str) -> None:
        """Print a line on stdout, above the bar; a full disk ends no training."""
        if not self.text:
            return
        try:
            print_text(text)
        except OSError as error:
            self.text = False
            print_note(f"{error.filename} cannot be written, and the run goes on: {error.strerror}")

    def on_prepare(self, parameters: int) -> None:
        """Say what is prepared, if it is large and takes long."""
        self.is_large = parameters >= _LARGE
        self.begin_stage(f"preparing {parameters:,} weights and the data ...")

    def on_resume(self, position: Position) -> None:
        """Say from where the run goes on."""
        epochs, batches, step = position
        self.print_line(f"goes on after {epochs:,} epochs and {batches:,} batches: step {step:,}")

    def on_note(self, note: str) -> None:
        """Print a note on stderr."""
        print_note(note)

    def begin_stage(self, text: str) -> None:
        """Show a stage; on a line of its own only of large networks."""
        if self.is_large or not isinstance(self.indicator, ProgressLines):
            self.indicator.begin_stage(text)

    def on_run_begin(self, summary: Summary, spec: Spec, folder: Path) -> None:
        """Print the summary and the run's folder."""
        self.folder, self.is_split = folder, _is_split(spec)
        self.print_line(f"{table(summary)}\n\nrun {folder}")

    def on_batch_plan(self, plan: BatchPlan) -> None:
        """Print where epochs without a line are."""
        self.epochs, self.shown = plan.epochs, ShownEpochs(plan.epochs)
        if self.shown.interval > 1:
            every = f"every {self.shown.interval:,} epochs a line"
            self.print_line(f"{every}; all {self.epochs:,} are in {self.folder / 'history.csv'}")
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
        """Print on stderr how long the training may take, if it is open and read by people."""
        if self.indicator.tells_people:
            with suppress(OSError):
                click.echo(str(preflight), err=True)

    def on_progress(self, progress: Progress) -> None:
        """Show the position in the epoch."""
        self.indicator.advance(progress)

    def on_epoch_end(self, epoch: Epoch) -> None:
        """Print a line for an epoch; of very many, for some."""
        self.indicator.end_epoch(epoch)
        if not self.shown.shows(epoch.epoch, epoch.seconds):
            return
        line = f"epoch {epoch.epoch}/{self.epochs}  {metrics_line(epoch.metrics)}"
        if epoch.validation:
            line += f"  validation {metrics_line(epoch.validation)}"
        if epoch.columns:
            line += f"  {metrics_line(epoch.columns)}"
        self.print_line(f"{line}  {epoch.seconds:.1f} s")
        self.indicator.note_line()

    def on_evaluate_begin(self, part: str) -> None:
        """Show which split is being evaluated."""
        self.begin_stage(f"evaluating {part}")

    def on_expectation(self, name: str, done: int, steps: int) -> None:
        """Show what is tested, and how far that is."""
        self.begin_stage(f"testing {name}, {done:,} of {steps:,}")


def _is_split(spec: Spec) -> bool:
    """Whether a spec says how the source's rows are split."""
    is_written = spec.train.validation_split is not None
    return is_written or (spec.data is not None and spec.data.split is not None)
