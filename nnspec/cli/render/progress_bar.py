"""A bar on a terminal's stderr that covers all epochs of a run."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import IO, Any, TextIO, cast

from rich import progress as rich_progress
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn

from nnspec.backends.thread_limit import startable
from nnspec.cli.render.progress_estimate import ProgressEstimator, rate_text
from nnspec.cli.render.progress_indicator import ProgressIndicator
from nnspec.cli.render.tables import metrics_line
from nnspec.training.loop import Progress


class ProgressBar(ProgressIndicator):
    """Stage or epoch, metrics, updates per second and the time left, on one line."""

    tells_people = True

    def __init__(self) -> None:
        self.bar = rich_progress.Progress(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[metrics]}"),
            TimeRemainingColumn(compact=True), console=stderr_console(), transient=True,
            redirect_stdout=is_terminal(sys.stdout),
        )  # fmt: skip
        self.task = self.bar.add_task("preparing", total=None, metrics="")
        self.estimator = ProgressEstimator()

    def start(self) -> None:
        """Show the bar."""
        self.bar.start()

    def stop(self) -> None:
        """Remove the bar."""
        self.bar.stop()

    def begin_stage(self, text: str) -> None:
        """Show what is done before, between or after the epochs."""
        self.bar.update(self.task, description=text, metrics="", total=None)

    def advance(self, progress: Progress) -> None:
        """Show how far the training has come; the time left is that of all epochs."""
        estimate = self.estimator.at(progress)
        self.bar.update(
            self.task,
            description=f"epoch {progress.epoch}/{progress.epochs}",
            completed=estimate.done,
            total=estimate.total,
            metrics="  ".join(filter(None, [metrics_line(progress.metrics), rate_text(estimate)])),
        )


class _ClosableStream:
    """A stream whose terminal may be closed while a bar is drawn: what it refuses is lost."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text if the stream takes it."""
        with suppress(OSError):
            return self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Pass what was written to the terminal, if it is there."""
        with suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def stderr_console() -> Console:
    """The console of stderr, for bars; a terminal that is closed ends no command."""
    return Console(file=cast("IO[str]", _ClosableStream(sys.stderr)))


def shows_bar() -> bool:
    """Whether stderr is a terminal, and the thread that draws the bar can be started."""
    return is_terminal(sys.stderr) and startable(1) == 1


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a stream is a terminal; it is None if it was closed before the start."""
    return stream is not None and stream.isatty()
