"""The progress of a run in a terminal: a bar on stderr, epochs on stdout."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import Self, TextIO

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from nnspec.cli.output import print_text
from nnspec.cli.render.tables import figures_line
from nnspec.errors import Problem
from nnspec.graph.summary import Summary, table
from nnspec.runs.trainer import RunListener
from nnspec.spec.document import Spec
from nnspec.training.loop import Epoch
from nnspec.training.loop import Progress as Position


class Screen(RunListener):
    """Shows a run as it goes: figures on stdout, a progress bar on a terminal's stderr."""

    def __init__(self, *, figures: bool = True) -> None:
        self.figures = figures  # whether stdout is for people
        self.epochs = 0
        self.bar = Progress(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[figures]}"),
            TimeRemainingColumn(compact=True), console=Console(stderr=True), transient=True,
            disable=not is_terminal(sys.stderr), redirect_stdout=is_terminal(sys.stdout),
        )  # fmt: skip
        self.task = self.bar.add_task("preparing", total=None, figures="")

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def say(self, text: str) -> None:
        """A line on stdout, above the bar."""
        if self.figures:
            print_text(text)

    def on_run_begin(self, summary: Summary, spec: Spec, folder: Path) -> None:
        """The summary, and where the run is kept."""
        self.epochs = spec.train.epochs
        self.say(f"{table(summary)}\n\nrun {folder}")

    def on_advice(self, advice: Problem) -> None:
        """A piece of advice on stderr, where somebody reads it."""
        with suppress(OSError):
            click.echo(advice.render(), err=True)

    def on_progress(self, progress: Position) -> None:
        """Move the bar: over all epochs, so that it shows the time left of the whole training."""
        self.bar.update(
            self.task,
            description=f"epoch {progress.epoch}/{self.epochs}",
            completed=(progress.epoch - 1) * progress.batches + progress.batch,
            total=self.epochs * progress.batches,
            figures=figures_line(progress.metrics),
        )

    def on_epoch_end(self, epoch: Epoch) -> None:
        """A line for an epoch."""
        line = f"epoch {epoch.epoch}/{self.epochs}  {figures_line(epoch.metrics)}"
        if epoch.validation:
            line += f"  validation {figures_line(epoch.validation)}"
        self.say(f"{line}  {epoch.seconds:.1f} s")

    def on_evaluate_begin(self, part: str) -> None:
        """The bar says what is being evaluated."""
        self.bar.update(self.task, description=f"evaluating {part}", figures="", total=None)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether people see the stream at once; it is None where it was closed before the start."""
    return stream is not None and stream.isatty()
