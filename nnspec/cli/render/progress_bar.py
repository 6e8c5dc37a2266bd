"""A bar on a terminal's stderr that covers all epochs of a run."""

from __future__ import annotations

import sys
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from nnspec.backends.thread_limit import startable
from nnspec.cli.render.speed import SpeedMeter, speed_text
from nnspec.cli.render.tables import metrics_line
from nnspec.training.loop import Epoch
from nnspec.training.loop import Progress as Position


class ProgressBar:
    """Stage or epoch, metrics, updates per second and the time left, on one line."""

    def __init__(self) -> None:
        self.bar = Progress(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[metrics]}"),
            TimeRemainingColumn(compact=True), console=Console(stderr=True), transient=True,
            redirect_stdout=is_terminal(sys.stdout),
        )  # fmt: skip
        self.task = self.bar.add_task("preparing", total=None, metrics="")
        self.meter = SpeedMeter()

    def start(self) -> None:
        """Show the bar."""
        self.bar.start()

    def stop(self) -> None:
        """Remove the bar."""
        self.bar.stop()

    def begin_stage(self, text: str) -> None:
        """Show what is done before, between or after the epochs."""
        self.bar.update(self.task, description=text, metrics="", total=None)

    def advance(self, position: Position, epochs: int) -> None:
        """Show how far the training has come; the time left is that of all epochs."""
        speed = self.meter.at(position, epochs)
        self.bar.update(
            self.task,
            description=f"epoch {position.epoch}/{epochs}",
            completed=speed.done,
            total=speed.total,
            metrics="  ".join(filter(None, [metrics_line(position.metrics), speed_text(speed)])),
        )

    def end_epoch(self, epoch: Epoch) -> None:
        """Nothing: the epoch's line stands above the bar."""

    def note_line(self) -> None:
        """Nothing: the bar is shown all the time."""


def shows_bar() -> bool:
    """Whether stderr is a terminal, and the thread that draws the bar can be started."""
    return is_terminal(sys.stderr) and startable(1) == 1


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a stream is a terminal; it is None if it was closed before the start."""
    return stream is not None and stream.isatty()
