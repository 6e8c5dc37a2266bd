"""How results look in a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self, TextIO

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from nnspec.cli.output import say
from nnspec.errors import Problem
from nnspec.spec import Spec
from nnspec.summary import Summary, table
from nnspec.training.expectations import Expectation
from nnspec.training.loop import Epoch
from nnspec.training.loop import Progress as Position
from nnspec.training.run import Figures, Watcher


class Screen(Watcher):
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
            say(text)

    def began(self, summary: Summary, spec: Spec, folder: Path) -> None:
        """The summary, and where the run is kept."""
        self.epochs = spec.train.epochs
        self.say(f"{table(summary)}\n\nrun {folder}")

    def advised(self, advice: Problem) -> None:
        """A piece of advice on stderr, where somebody reads it."""
        with suppress(OSError):
            click.echo(advice.render(), err=True)

    def progressed(self, progress: Position) -> None:
        """Move the bar: over all epochs, so that it shows the time left of the whole training."""
        self.bar.update(
            self.task,
            description=f"epoch {progress.epoch}/{self.epochs}",
            completed=(progress.epoch - 1) * progress.batches + progress.batch,
            total=self.epochs * progress.batches,
            figures=_figures(progress.figures),
        )

    def ended(self, epoch: Epoch) -> None:
        """A line for an epoch."""
        line = f"epoch {epoch.epoch}/{self.epochs}  {_figures(epoch.figures)}"
        if epoch.validation:
            line += f"  validation {_figures(epoch.validation)}"
        self.say(f"{line}  {epoch.seconds:.1f} s")

    def evaluating(self, part: str) -> None:
        """The bar says what is being evaluated."""
        self.bar.update(self.task, description=f"evaluating {part}", figures="", total=None)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether people see the stream at once; it is None where it was closed before the start."""
    return stream is not None and stream.isatty()


def figures_table(figures: Figures) -> str:
    """`train` and `test`, a line each."""
    return "\n".join(f"{part:<6}{_figures(values)}" for part, values in figures.items())


def expectations_table(expectations: Sequence[Expectation]) -> str:
    """Expected, actual, met: a line each."""
    rows = [("", "expected", "actual", "met")]
    rows += [
        (e.name, number(e.expected), number(e.actual), "yes" if e.met else "NO")
        for e in expectations
    ]
    return aligned(rows)


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells as lines: the first column to the left, the others to the right."""
    first, *others = (max(map(len, column)) for column in zip(*rows, strict=True))
    lines = []
    for name, *cells in rows:
        numbers = (cell.rjust(width) for cell, width in zip(cells, others, strict=True))
        lines.append("  ".join([name.ljust(first), *numbers]).rstrip())
    return "\n".join(lines)


def _figures(figures: dict[str, float]) -> str:
    return "  ".join(f"{name} {number(value)}" for name, value in figures.items())


def number(value: float) -> str:
    """Four decimals, or four digits where they would say nothing or too much."""
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e6 else f"{value:.3e}"
